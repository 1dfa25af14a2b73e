"""A set of samples from another rover: every byte verified, nothing of it believed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rovertui.calibration import sample
from rovertui.config import Peer
from rovertui.errors import Cancelled, OperatorError
from rovertui.operations import fetching
from rovertui.operations.context import Context
from rovertui.remote import samples
from rovertui.remote.ssh import Link
from rovertui.reporter import Event, Reporter
from rovertui.workspace import Workspace
from tests.calibration.conftest import make_stamp, small_arrays, small_config
from tests.daemon.rig import Rig

from .sshd import Sshd

pytestmark = [pytest.mark.needs_sshd, pytest.mark.usefixtures("no_pause_is_long")]

OLD = 1_700_000_000.0


def put(path: Path, grey: int, **changes: Any) -> None:
    """A sample of ours that was written long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        sample.write(stream, small_arrays(grey=grey), make_stamp(schema="small", **changes))
    age(path)


def age(path: Path) -> None:
    subprocess.run(["touch", "-d", f"@{OLD}", "--", path], check=True)


class Pair:
    """This rover, and another one with a set of its own."""

    def __init__(self, root: Path, sshd: Sshd) -> None:
        self.here = Workspace(root / "here")
        self.here.kept.mkdir(parents=True)
        self.there = root / "there" / "calibration_data"
        self.sshd = sshd
        self.peer = Peer(
            name="rover2",
            **sshd.login(),
            samples=str(self.there),
        )
        self.config = msgspec.structs.replace(small_config(), rovers=[self.peer])
        self.events: list[Event] = []
        for number in range(4):
            put(self.there / f"calibration_{number:04d}.npz", 40 + 20 * number)
        put(self.there / "check" / "calibration_0004.npz", 200, role="check")

    def fetch(self, wanted: str = "rover2:", reporter: Reporter | None = None) -> dict[str, Any]:
        context = Context(
            workspace=self.here,
            config=self.config,
            reporter=reporter or Reporter(self.events.append),
            with_link=lambda work: pytest.fail("not the V620's link"),
            motion=lambda: "still",
            on_child=lambda process: None,
            link_to=lambda peer: Link(self.sshd.server()),
        )
        return fetching.fetch_set(context, wanted)

    def set(self) -> list[str]:
        directory = self.here.root / "calibration_data"
        return sorted(p.relative_to(directory).as_posix() for p in directory.rglob("*.npz"))

    def staged(self) -> list[Path]:
        return sorted((self.here.kept / "fetched").rglob("*.npz"))

    def texts(self, kind: str) -> list[str]:
        return [event["text"] for event in self.events if event["kind"] == kind]


@pytest.fixture(params=["", "ForceCommand internal-sftp"], ids=["shell", "sftp"])
def pair(request: pytest.FixtureRequest, make_sshd: Any, tmp_path: Path) -> Pair:
    return Pair(tmp_path, make_sshd(extra=request.param))


def test_a_set_arrives_under_our_numbers_and_keeps_its_roles(pair: Pair) -> None:
    put(pair.here.root / "calibration_data" / "calibration_0000.npz", 10)
    done = pair.fetch()
    assert (len(done["added"]), done["duplicates"], done["left_out"]) == (5, 0, {})
    assert pair.set() == [
        *(f"calibration_{number:04d}.npz" for number in range(5)),
        "check/calibration_0005.npz",
    ]
    progress = [event for event in pair.events if event["kind"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] > 0
    assert progress[-1]["text"].startswith("5 of 5, ")
    assert pair.staged() == [], "what is in the set lies nowhere else"

    again = pair.fetch()
    assert (again["added"], again["duplicates"]) == ([], 5)


def test_what_is_broken_foreign_or_hostile_is_left_out_and_named(pair: Pair) -> None:
    (pair.there / "calibration_0100.npz").write_bytes(b"PK no zip at all")
    np.savez(pair.there / "calibration_0101.npz", grid=np.zeros((4, 4), np.float32))
    np.savez(pair.there / "calibration_0102.npz", rgb=np.array([{"x": 1}], dtype=object))
    for name in ("with space.npz", "-rf.npz", 'it\'s "so".npz', "$(false).npz"):
        put(pair.there / name, 210 + len(name))
    for name in ("new\nline.npz", "\x1b[2Jx.npz"):
        put(pair.there / name, 230)
    (pair.there / "notes.txt").write_text("no sample")
    (pair.there / ".hidden.npz").write_bytes(b"")
    (pair.there / "away.npz").symlink_to("/etc/hostname")
    for path in pair.there.iterdir():
        if not path.is_symlink():
            age(path)
    done = pair.fetch()
    assert len(done["added"]) == 9, "names of any kind, as long as they can be shown"
    left = done["left_out"]
    assert {"calibration_0100.npz", "calibration_0101.npz", "calibration_0102.npz"} <= set(left)
    assert "away.npz" in left, "a link that leads out brings nothing but what it leads to"
    unusable = [name for name, why in left.items() if why == "a name that cannot be used"]
    assert len(unusable) == 2 and not any("\n" in n or "\x1b" in n for n in unusable)
    assert all(any(name in text for text in pair.texts("warning")) for name in left)
    assert all(name.startswith(("calibration_", "check/calibration_")) for name in pair.set())


class At(Reporter):
    """Does something once when so many bytes have come."""

    def __init__(self, pair: Pair, share: float, then: Callable[[], None]) -> None:
        super().__init__(self._take)
        self._pair, self._share, self._then = pair, share, then

    def _take(self, event: Event) -> None:
        self._pair.events.append(event)
        if event["kind"] == "progress" and event["done"] >= self._share * event["total"] > 0:
            self._share = 2.0
            self._then()


def test_a_cancelled_import_adds_nothing_and_the_next_goes_on_with_what_came(pair: Pair) -> None:
    reporter = At(pair, 0.5, lambda: reporter.cancelled.set())
    with pytest.raises(Cancelled):
        pair.fetch(reporter=reporter)
    came = {path: path.stat().st_ino for path in pair.staged()}
    assert came and pair.set() == []

    seen: list[dict[Path, int]] = []
    watch = At(pair, 1.0, lambda: seen.append({p: p.stat().st_ino for p in pair.staged()}))
    assert len(pair.fetch(reporter=watch)["added"]) == 5
    assert came.items() <= seen[0].items(), "not fetched again"
    assert pair.staged() == []


def test_a_line_that_breaks_is_made_anew_and_the_import_goes_on(pair: Pair) -> None:
    done = pair.fetch(reporter=At(pair, 0.4, lambda: pair.sshd.signal_sessions(signal.SIGKILL)))
    assert len(done["added"]) == 5
    assert (pair.sshd.root / "sshd.log").read_text().count("Accepted publickey") >= 2


def test_a_sample_that_changed_over_there_since_it_was_fetched_is_fetched_anew(pair: Pair) -> None:
    reporter = At(pair, 0.5, lambda: reporter.cancelled.set())
    with pytest.raises(Cancelled):
        pair.fetch(reporter=reporter)
    (first, *_) = (path for path in pair.staged() if path.name == "calibration_0000.npz")
    put(pair.there / "calibration_0000.npz", 123)
    assert len(pair.fetch()["added"]) == 5
    taken = pair.here.root / "calibration_data" / "calibration_0000.npz"
    with np.load(taken, allow_pickle=False) as arrays:
        assert int(arrays["rgb"][0, 0, 0]) == 123
    assert not first.exists()


def test_a_set_larger_than_any_is_refused_before_anything_is_fetched(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_BOUNDS", samples.Bounds(4, 1 << 20, 1 << 30))
    with pytest.raises(OperatorError, match="holds 5 files"):
        pair.fetch()
    assert pair.staged() == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("rover3:", "known: rover2"),
        ("rover2", "expected ROVER:"),
        ("rover2:none/such", "does not exist there"),
    ],
)
def test_what_cannot_be_fetched_is_said(wanted: str, words: str, pair: Pair) -> None:
    with pytest.raises(OperatorError, match=words):
        pair.fetch(wanted)


def test_an_empty_directory_is_said_with_a_remedy(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(OperatorError) as refused:
        pair.fetch(f"rover2:{tmp_path / 'empty'}")
    assert "there is no sample" in refused.value.message and "samples" in refused.value.hint


def test_the_command_has_the_daemon_fetch_it(make_sshd: Any, tmp_path: Path) -> None:
    pair = Pair(tmp_path, make_sshd())
    (tmp_path / "workspace").mkdir()
    rig = Rig(tmp_path / "workspace", pair.config)
    try:
        rig.start()
        done = rig.run("dataset", "import", "rover2:")
        assert done.returncode == 0, done.stderr
        assert "rover2: 5 samples added." in done.stdout and "fetch" in done.stderr
        refused = rig.run("dataset", "import", "rover9:")
        assert refused.returncode == 1 and "known: rover2" in refused.stderr
    finally:
        rig.end()
