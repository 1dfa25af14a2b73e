"""However the worker ends, it is told in words, and nothing of it is left running.

Here the worker is a stand-in: a program in the place of the toolkit's Python.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion import endings, launch
from rovertui.conversion.launch import environment, run_worker
from rovertui.errors import Cancelled, OperatorError
from rovertui.processes import name_of
from rovertui.reporter import Reporter

from .conftest import Stand

Events = list[dict[str, Any]]


def run(
    python: Path, directory: Path, reporter: Reporter | None = None, **more: Any
) -> tuple[dict[str, Any], dict[str, float]]:
    scratch = directory / "scratch"
    scratch.mkdir(exist_ok=True)
    return run_worker({}, python, scratch, reporter or Reporter(), **more)


def failure(python: Path, directory: Path) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        run(python, directory)
    return caught.value


def test_result_stages_progress_and_log_are_passed_on(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in(
        "stage('check', 'again')\n"
        "stage('prepare', '3 samples')\n"
        "say(event='progress', done=1, total=3, text='samples')\n"
        "os.write(2, b'\\x1b[1;33mW\\x1b[0m strange \\x07 thing\\nI Quantizating @3/9\\n')\n"
        "stage('verify')\n"
        "say(event='progress', done=1, total=2, text='frames')\n"
        "os.write(2, b'I Loading @1/2\\nI Quantizating @9/9\\n')\n"
        "say(event='result', rknn='x')\n"
    )
    events: Events = []

    result, seconds = run(python, tmp_path, Reporter(events.append))

    assert result["rknn"] == "x"
    stages = [event["stage"] for event in events if event["kind"] == "stage"]
    assert stages == ["prepare", "quantize", "verify"]
    assert {"kind": "warning", "text": "strange ? thing"} in events
    order = [e.get("stage") or e["text"] for e in events if e["kind"] != "warning"]
    assert order.index("quantize") < order.index("layers") < order.index("verify")
    assert order.index("verify") < order.index("frames")
    assert set(seconds) == {"check", "prepare", "quantize", "verify"}


def test_a_refusal_keeps_its_words(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in(
        "say(event='error', message='a.npz: depth\\x1b[2J: NaN.', hint='Move it.', code='sample')\n"
        "sys.exit(2)"
    )

    error = failure(python, tmp_path)

    assert (error.message, error.hint, error.code) == ("a.npz: depth: NaN.", "Move it.", "sample")


@pytest.mark.parametrize(
    ("end", "words", "code"),
    [
        ("os.abort()", "aborted (SIGABRT) in stage build", "aborted"),
        ("os.kill(os.getpid(), 9)", "killed (SIGKILL) in stage build", "killed"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV in stage build", "crashed"),
        ("os.kill(os.getpid(), 15)", "SIGTERM in stage build", "killed"),
        ("sys.exit(3)", "status 3 in stage build", "toolkit"),
        ("", "without a result", "toolkit"),
    ],
)
def test_an_end_without_words_is_told_by_signal_status_and_stage(
    stand_in: Stand, tmp_path: Path, end: str, words: str, code: str
) -> None:
    python = stand_in(f"os.write(2, b'I rknn building ...\\nE RKNN: clip_truncate < 0\\n')\n{end}")

    error = failure(python, tmp_path)

    assert words in error.message and error.code == code
    if code in ("aborted", "crashed"):
        assert "clip_truncate" in error.message


def test_a_worker_that_the_kernel_killed_for_its_memory_is_told_as_that(
    stand_in: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([7, 8])
    monkeypatch.setattr(launch, "memory_kills", lambda: next(counts))
    monkeypatch.setattr(endings, "memory_kills", lambda: next(counts))

    error = failure(stand_in("os.kill(os.getpid(), 9)"), tmp_path)

    assert error.code == "memory" and "Memory ran out" in error.message


def test_random_weights_end_the_conversion_whatever_the_toolkit_reports(
    stand_in: Stand, tmp_path: Path
) -> None:
    python = stand_in(
        "os.write(2, b'W load_onnx: failed! Generate random data for test!\\n')\ntime.sleep(600)"
    )

    assert "random numbers" in failure(python, tmp_path).message


def test_a_python_that_is_not_there_names_the_way_out(tmp_path: Path) -> None:
    error = failure(tmp_path / "none" / "python", tmp_path)

    assert error.code == "no-toolkit" and "toolkit install" in error.hint


def test_nonsense_on_both_streams_does_no_harm(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in(
        'os.write(1, b\'[]\\n{\\n\\xff\\xfe\\n{"event": 3}\\n{"event": "progress"}\\n\' '
        "+ b'[' * 100000 + b'\\n')\n"
        "os.write(2, bytes(range(256)) * 500)\n"
        "say(event='stage', stage='no such stage')\n"
        "say(event='result', fine=True)"
    )

    assert run(python, tmp_path)[0]["fine"] is True


def test_cancel_ends_the_worker_and_its_own_children(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in(
        "inner = subprocess.Popen(['sleep', '600'])\n"
        "say(event='log', text=str(inner.pid))\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(600)"
    )
    numbers: list[int] = []
    reporter = Reporter()

    def emit(event: dict[str, Any]) -> None:
        numbers.append(int(event["text"]))
        threading.Timer(0.05, reporter.cancelled.set).start()

    reporter = Reporter(emit)

    with pytest.raises(Cancelled):
        run(python, tmp_path, reporter, on_start=lambda pid, ticks: numbers.append(pid))

    assert len(numbers) == 2 and gone(numbers)


def test_the_end_of_the_worker_ends_its_children(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in(
        "inner = subprocess.Popen(['sleep', '600'])\nsay(event='result', inner=inner.pid)"
    )

    result, _ = run(python, tmp_path)

    assert gone([result["inner"]])


def gone(numbers: list[int]) -> bool:
    end = time.monotonic() + 20
    while any(name_of(number) for number in numbers):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_the_start_is_told_with_number_and_time(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in("say(event='result', pid=os.getpid())")
    told: list[tuple[int, int]] = []

    result, _ = run(python, tmp_path, on_start=lambda pid, ticks: told.append((pid, ticks)))

    assert told[0][0] == result["pid"] and told[0][1] > 0


def test_the_workers_environment_is_a_list(
    stand_in: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TQDM_ASCII", "PYTHONPATH", "LD_PRELOAD", "SECRET"):
        monkeypatch.setenv(name, "1")

    assert not {"TQDM_ASCII", "PYTHONPATH", "LD_PRELOAD", "SECRET"} & set(environment(tmp_path))


def test_no_descriptor_is_left_open(stand_in: Stand, tmp_path: Path) -> None:
    python = stand_in("say(event='result')")
    run(python, tmp_path)
    before = sorted(Path("/proc/self/fd").iterdir())

    for _ in range(3):
        run(python, tmp_path)

    assert sorted(Path("/proc/self/fd").iterdir()) == before
