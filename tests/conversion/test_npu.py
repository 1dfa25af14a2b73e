"""A model's golden frames on the NPU, here on a stand-in for rknn-toolkit-lite2: no NPU at hand.

Whatever it does, the check ends in words, in time, and leaves nothing running.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rovertui.config import Config, Npu, Source
from rovertui.conversion import naming, npu, summary
from rovertui.conversion import sheet as sheets
from rovertui.conversion.npu import Runner, check, words
from rovertui.conversion.sheet import NpuCheck
from rovertui.errors import Cancelled, OperatorError
from rovertui.machine.read import Root
from rovertui.operations import npu as operation
from rovertui.processes import name_of
from rovertui.reporter import Reporter
from tests.machine.board import rk3588

from . import board


def runner(tmp_path: Path, mode: str = "", **changes: Any) -> Runner:
    given = {"paths": (board.stand_in(tmp_path, mode),), "runtime": "2.5.0", "rover": "one"}
    return Runner(Path(sys.executable), **{**given, **changes})


def run(
    tmp_path: Path, rknn: Path, with_: Runner, reporter: Reporter | None = None, **more: Any
) -> NpuCheck:
    given: dict[str, Any] = {"motion": "still", "apart": 0.05, **more}
    return check(rknn, with_, tmp_path / "scratch", reporter or Reporter(), **given)


def test_a_good_model_is_close_and_timed_and_its_sheet_says_so(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    numbers: list[int] = []
    events: list[dict[str, Any]] = []

    found = run(
        tmp_path,
        rknn,
        runner(tmp_path),
        Reporter(events.append),
        on_start=lambda pid, ticks: numbers.append(pid),
    )

    assert found.problem == "" and found.frames == 5
    assert found.mean < 1e-5 and found.largest < 1e-4 and found.apart < 1e-4
    assert found.runs == npu.RUNS and found.ms_mean > 0 and found.ms_p95 > 0
    assert "parked" in words(found) and words(found).startswith("NPU: off by")
    assert sheets.load(rknn).npu == found
    assert [e["text"] for e in events if e["kind"] == "progress"][-1] == "runs"
    assert name_of(numbers[0]) is None and not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("constant", "is the same on all 5 frames"),
        ("nan", "is not finite"),
        ("rank", "refused the inputs and gave nothing; fed were uint8 (1, 24, 32, 3)"),
        ("off", "off by 0.300 from the simulator, more than 0.05"),
        ("no-runtime", "init_runtime failed (it returned -1)"),
        ("old", "init_runtime failed (it returned -1)"),
        ("raise", "inference failed: the driver is gone"),
        ("segfault", "The NPU check ended by SIGSEGV in stage frames"),
        ("abort", "The NPU check aborted (SIGABRT) in stage frames"),
    ],
)
def test_what_an_npu_must_not_do_is_told_and_noted(tmp_path: Path, mode: str, said: str) -> None:
    rknn = board.put(tmp_path / "models")

    found = run(tmp_path, rknn, runner(tmp_path, mode))

    assert said in found.problem
    assert "FAILED" in words(found) and sheets.load(rknn).npu == found
    assert not list((tmp_path / "scratch").iterdir())


def test_a_runtime_older_than_the_models_toolkit_is_named_with_both_versions(
    tmp_path: Path,
) -> None:
    rknn = board.put(tmp_path / "models")

    found = run(tmp_path, rknn, runner(tmp_path, "old", runtime="2.3.2"))

    assert "runtime here is 2.3.2, the model was built by toolkit 2.5.0" in found.problem
    assert "install the runtime of that version" in found.problem


def test_a_hang_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npu, "NPU", dataclasses.replace(npu.NPU, limit=2.0))
    numbers: list[int] = []

    found = run(
        tmp_path,
        board.put(tmp_path / "models"),
        runner(tmp_path, "hang"),
        on_start=lambda pid, ticks: numbers.append(pid),
    )

    assert "did not end within 2 s" in found.problem
    assert name_of(numbers[0]) is None


def test_it_can_be_cancelled_while_it_hangs(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    numbers: list[int] = []
    reporter = Reporter()
    threading.Timer(0.3, reporter.cancelled.set).start()

    with pytest.raises(Cancelled):
        run(
            tmp_path,
            rknn,
            runner(tmp_path, "hang"),
            reporter,
            on_start=lambda pid, ticks: numbers.append(pid),
        )

    assert name_of(numbers[0]) is None and sheets.load(rknn).npu is None


def test_driving_is_said_beside_the_milliseconds(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")

    assert "WHILE DRIVING" in words(run(tmp_path, rknn, runner(tmp_path), motion="moving"))


def test_without_frames_or_with_other_frames_nothing_is_run(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    naming.golden_path(rknn).write_bytes(b"other frames")
    with pytest.raises(OperatorError, match="is not the file that the model sheet names"):
        run(tmp_path, rknn, runner(tmp_path))

    naming.golden_path(rknn).unlink()
    with pytest.raises(OperatorError, match="no golden frames"):
        run(tmp_path, rknn, Runner(Path(sys.executable)))
    assert sheets.load(rknn).npu is None


def test_a_python_without_rknnlite_finds_nothing_out(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")

    with pytest.raises(OperatorError, match="rknn-toolkit-lite2 cannot be imported"):
        run(tmp_path, rknn, Runner(Path(sys.executable)))

    assert sheets.load(rknn).npu is None


def test_the_report_has_simulator_and_npu_apart(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    run(tmp_path, rknn, runner(tmp_path))

    row = summary.build([(rknn.stem, sheets.load(rknn), False)])[0]

    assert row["simulator"]["mean"] == 0.004 and row["npu"]["mean"] < 1e-5
    assert row["npu_ms"]["runs"] == npu.RUNS and row["npu_ms"]["motion"] == "still"
    table = "\n".join(summary.table([row]))
    assert "0.0040" in table and "ms p95" in table and "stand-in" not in table


def test_a_stand_ins_figures_are_never_an_npus(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    found = run(tmp_path, rknn, runner(tmp_path, stand_in=True))

    row = summary.build([(rknn.stem, sheets.load(rknn), False)])[0]

    assert words(found).startswith("stand-in, NOT AN NPU")
    assert row["npu"] is None and row["npu_ms"] is None
    assert row["npu_stand_in"]["ms"]["runs"] == npu.RUNS
    assert "stand-in 0.0000" in summary.table([row])[1]


def test_a_failed_check_stands_in_the_report(tmp_path: Path) -> None:
    rknn = board.put(tmp_path / "models")
    run(tmp_path, rknn, runner(tmp_path, "nan"))

    row = summary.build([(rknn.stem, sheets.load(rknn), False)])[0]

    assert "is not finite" in row["npu"]["problem"] and row["npu_ms"] is None
    assert "FAILED" in summary.table([row])[1]


def test_p95_is_a_run_that_19_of_20_did_not_exceed() -> None:
    assert npu.percentile([float(n) for n in range(1, 21)], 0.95) == 19
    assert npu.percentile([3.0], 0.95) == 3


def python_that_sees(tmp_path: Path, place: str) -> Path:
    """A Python into which the stand-in is installed, as far as it can tell."""
    path = tmp_path / "python"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        f"code = sys.argv[-1]\nsys.path.append({place!r})\nexec(code)\n"
    )
    path.chmod(0o755)
    return path


def test_the_python_that_has_rknnlite_is_found_where_there_is_an_npu(tmp_path: Path) -> None:
    tree = Root(rk3588(tmp_path / "tree"))
    place = board.stand_in(tmp_path)

    found = operation.find(Config(npu=Npu(python=str(python_that_sees(tmp_path, place)))), tree)

    assert place in found.paths and found.runtime == "2.3.2" and not found.stand_in


def test_an_npu_without_rknnlite_is_said_with_the_remedy(tmp_path: Path) -> None:
    tree = Root(rk3588(tmp_path / "tree"))

    with pytest.raises(OperatorError, match="not installed for") as caught:
        operation.find(Config(npu=Npu(python=sys.executable)), tree)

    assert "npu.python" in caught.value.hint


def test_where_there_is_no_npu_the_reason_is_said(tmp_path: Path) -> None:
    empty = Root(tmp_path)
    assert not operation.present(Config(), empty)
    with pytest.raises(OperatorError, match="There is no NPU here"):
        operation.find(Config(), empty)
    assert operation.present(Config(source=Source(kind="simulated"), npu=Npu(stand_in=True)), empty)
