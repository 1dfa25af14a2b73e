"""How a conversion on another machine ends, and that nothing of it is left there.

How it ends is all that matters here: a stand-in takes the worker's place.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from rovertui.conversion import agent, errand, memory, talk
from rovertui.conversion.elsewhere import Elsewhere
from rovertui.conversion.run import convert
from rovertui.errors import Cancelled, OperatorError
from rovertui.reporter import Reporter
from tests.conversion import workshop
from tests.waiting import until

from .sshd import Sshd
from .tower import left, nothing_left, there

pytestmark = pytest.mark.needs_sshd
Events = list[dict[str, Any]]
Make = Callable[..., Sshd]


WORKER = """
import json, os, signal, sys, threading, time
def say(**event):
    os.write(1, json.dumps(event).encode() + b"\\n")
line = int(sys.argv[sys.argv.index("--lifeline") + 1])
def hold():
    os.read(line, 1)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=hold, daemon=True).start()
job = json.load(open(sys.argv[-1]))
assert all(os.path.isfile(p) for p in [job["model"], *job["calibration"], *job["check"]])
os.write(2, b"\\n#stage quantize \\n")
say(event="stage", stage="quantize", text="")
say(event="log", text="pid %d" % os.getpid())
{body}
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program that does ``body`` in stage quantize in the worker's place."""

    def make(body: str) -> None:
        place = tmp_path / "stand-in worker"
        place.mkdir()
        (place / "main.py").write_text(WORKER.replace("{body}", body))
        monkeypatch.setattr(errand, "MAIN", place / "main.py")

    return make


class Started:
    """A conversion that has come to its worker's stage: ``then`` is done in this moment."""

    def __init__(self, then: Callable[[int], None]) -> None:
        self._then = then
        self.reporter = Reporter(self._emit)
        self.events: Events = []

    def _emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if event["kind"] == "log" and event["text"].startswith("pid "):
            self._then(int(event["text"].split()[1]))


def failure(
    work: Elsewhere, tmp_path: Path, model: Path, reporter: Reporter | None = None
) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        convert(
            workshop.request(tmp_path, model), work, tmp_path / "scratch", reporter or Reporter()
        )
    assert not list((tmp_path / "scratch").iterdir())
    assert not (tmp_path / "models").exists()
    return caught.value


def test_cancel_ends_the_worker_there(
    sshd: Sshd, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in("time.sleep(600)")
    numbers: list[int] = []

    def cancel(pid: int) -> None:
        numbers.append(pid)
        started.reporter.cancelled.set()

    started = Started(cancel)
    with pytest.raises(Cancelled):
        convert(
            workshop.request(tmp_path, model),
            there(sshd, tmp_path),
            tmp_path / "scratch",
            started.reporter,
        )

    until(lambda: not psutil.pid_exists(numbers[0]))
    nothing_left(tmp_path)


def test_a_lost_connection_is_told_and_leaves_nothing_running(
    make_sshd: Make, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in("time.sleep(600)")
    sshd = make_sshd()
    started = Started(lambda pid: kill_sshd(sshd, signal.SIGKILL))

    error = failure(there(sshd, tmp_path), tmp_path, model, started.reporter)

    assert error.code == "dropped" and "was cut off and ends itself there" in error.message
    nothing_left(tmp_path)


def kill_sshd(sshd: Sshd, number: signal.Signals) -> None:
    """Signal the sessions of the server, and not what runs in them."""
    for process in sshd.sessions():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "sshd" in process.name():
                process.send_signal(number)


def test_a_frozen_connection_is_noticed_on_both_sides(
    make_sshd: Make,
    tmp_path: Path,
    model: Path,
    stand_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in("time.sleep(600)")
    monkeypatch.setattr(errand, "PATIENCE", 8.0)
    monkeypatch.setattr(talk, "_SILENCE", 5.0)
    sshd = make_sshd()
    started = Started(lambda pid: kill_sshd(sshd, signal.SIGSTOP))

    error = failure(there(sshd, tmp_path), tmp_path, model, started.reporter)

    assert error.code == "stalled"
    nothing_left(tmp_path)
    kill_sshd(sshd, signal.SIGCONT)


def agent_of(pid: int) -> psutil.Process:
    parent = psutil.Process(pid).parent()
    assert parent is not None
    return parent


def test_kill_9_of_what_looks_after_it_there_ends_the_worker_too(
    sshd: Sshd, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in("time.sleep(600)")
    numbers: list[int] = []

    def kill(pid: int) -> None:
        numbers.append(pid)
        agent_of(pid).kill()

    error = failure(there(sshd, tmp_path), tmp_path, model, Started(kill).reporter)

    assert error.code == "killed" and "in stage quantize" in error.message
    until(lambda: not psutil.pid_exists(numbers[0]))
    assert len(left(tmp_path)) == 1, "its directory stays until the next conversion"
    failure(there(sshd, tmp_path, "no-such-python"), tmp_path, model)
    # The next one clears it away, as the first thing it does.
    second = Started(lambda pid: agent_of(pid).terminate())
    failure(there(sshd, tmp_path), tmp_path, model, second.reporter)
    nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("body", "said", "code"),
    [
        ("os.kill(os.getpid(), 9)", "killed (SIGKILL) in stage quantize", "killed"),
        ("os.write(2, b'E clip_truncate < 0\\n'); os.abort()", "clip_truncate", "aborted"),
        ("sys.exit(3)", "status 3 in stage quantize", "toolkit"),
        ("say(event='error', message='a.npz: NaN.', hint='Move it.', code='sample')\nsys.exit(2)",
         "a.npz: NaN.", "sample"),
        ("say(event='result', rknn='x', rknn_sha256='0')", "did not arrive whole", "changed"),
    ],
)  # fmt: skip
def test_an_end_there_is_told_as_one_here(
    sshd: Sshd,
    tmp_path: Path,
    model: Path,
    stand_in: Callable[[str], None],
    body: str,
    said: str,
    code: str,
) -> None:
    stand_in(body)

    error = failure(there(sshd, tmp_path), tmp_path, model)

    assert said in error.message and error.code == code
    nothing_left(tmp_path)


def test_a_python_that_is_not_there_or_has_no_toolkit_names_the_setting(
    sshd: Sshd, tmp_path: Path, model: Path
) -> None:
    for python in ("no-such-python", sys.executable):
        error = failure(there(sshd, tmp_path, python), tmp_path, model)
        assert error.code == "no-toolkit" and "conversion.v620_python" in error.hint
    nothing_left(tmp_path)


def test_words_of_start_up_files_do_no_harm(
    make_sshd: Make, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in("sys.exit(3)")
    noisy = 'ForceCommand echo "Welcome {"; echo oops >&2; eval "$SSH_ORIGINAL_COMMAND"'

    error = failure(there(make_sshd(noisy), tmp_path), tmp_path, model)

    assert "status 3 in stage quantize" in error.message


def test_too_little_memory_there_is_said_before_anything_is_sent(
    sshd: Sshd, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "bytes_for", lambda *given: 1 << 60)

    error = failure(there(sshd, tmp_path), tmp_path, model)

    assert error.code == "memory" and "the V620 tower has" in error.message
    nothing_left(tmp_path)


def test_cancel_while_files_are_sent(
    sshd: Sshd, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in("time.sleep(600)")

    def emit(event: dict[str, Any]) -> None:
        if event["kind"] == "progress":
            reporter.cancelled.set()

    reporter = Reporter(emit)
    with pytest.raises(Cancelled):
        convert(
            workshop.request(tmp_path, model),
            there(sshd, tmp_path),
            tmp_path / "scratch",
            reporter,
        )

    nothing_left(tmp_path)


def test_a_conversion_that_runs_there_is_not_cleared_away_by_another(
    sshd: Sshd, tmp_path: Path, model: Path, stand_in: Callable[[str], None]
) -> None:
    go = tmp_path / "go"
    stand_in(f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\nsys.exit(4)")
    running = threading.Event()
    found: list[OperatorError] = []

    def first() -> None:
        started = Started(lambda pid: running.set())
        found.append(failure(there(sshd, tmp_path), tmp_path, model, started.reporter))

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert running.wait(30)
        with there(sshd, tmp_path).link() as link, link.program(command(tmp_path)) as channel:
            channel.settimeout(10)
            until(lambda: len(list((tmp_path / "with space").iterdir())) == 2, 20)
    finally:
        go.touch()
        thread.join(60)

    assert "status 4" in found[0].message
    nothing_left(tmp_path)


def command(tmp_path: Path) -> str:
    """The agent by itself, with a job that never comes."""
    path = Path(agent.__file__)
    asked = {
        "files": [{"name": "a", "size": 1, "sha256": ""}],
        "scratch": str(tmp_path / "with space"),
    }
    header = json.dumps(asked)
    return f"(echo '{header}'; exec cat) | '{sys.executable}' -I '{path}'"
