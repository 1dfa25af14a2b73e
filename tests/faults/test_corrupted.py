"""Any file of a workspace may be damaged: the next start works, says so, and deletes nothing."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui.config import Capture, Config, Node, Source
from rovertui.daemon.launch import connected
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.deployment.parts import put_model, put_policy, saying
from tests.faults.promises import Accepted
from tests.waiting import until

CONFIG = Config(
    source=Source(kind="simulated", speed=20.0, rate=10.0),
    capture=Capture(rule="interval", interval=5.0, count=500),
    node=Node(reload_command=saying("success=True")),
)
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "noise": lambda data: os.urandom(min(4096, max(16, len(data)))),
    "other JSON": lambda data: b'[1, "two", {"three": null}]\n',
}


class Found(Rig):
    """A workspace that is there already."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root)
        self.processes = []


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with samples, models, something live, jobs; its daemon was killed."""
    root = tmp_path_factory.mktemp("used") / "workspace"
    rig = Rig(root, CONFIG)
    put_policy(root / "models", "a")
    for name in ("a", "b"):
        put_model(root / "models", name, simulated=True)
    rig.start()
    rig.do("capture.on", session="first")
    rig.until(lambda s: s.capture.kept >= 4)
    rig.do("capture.off")
    rig.until(lambda s: s.capture.state == "off")
    rig.do("session.label", label="gravel")
    for name in ("b_int8", "a_int8"):
        number = rig.do("deploy", model=name, accept_motion=True, force=True)["job"]
        until(lambda n=number: rig.ask(lambda client: client.job(n)).state == "done")
    rig.do("pin", model="b_int8")
    rig.kill()
    until(lambda: not rig.children())
    return root


@pytest.fixture
def found(used: Path, tmp_path: Path) -> Iterator[Found]:
    root = tmp_path / "workspace"
    shutil.copytree(used, root, symlinks=True)
    rig = Found(root)
    yield rig
    rig.end()


def _files(root: Path) -> list[Path]:
    left_out = {"config.toml", "daemon.lock", "stopped"}
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.name not in left_out
        and "logs" not in path.parts
    )


def _told(snapshot: Snapshot) -> bool:
    said = (snapshot.capture.unusable, *snapshot.notices)
    return any("bad" in words or "set aside" in words for words in said)


def _one_of_each(used: Path) -> list[Path]:
    """Of files that differ by numbers only, one; of what is in service, all."""
    kinds = {}
    for path in _files(used):
        name = path.relative_to(used)
        kind = (
            str(name) if "deployed" in name.parts else re.sub(r"[0-9a-f]{16}|\d+", "#", str(name))
        )
        kinds[kind] = name
    return list(kinds.values())


@pytest.mark.parametrize("damage", DAMAGE)
def test_when_every_file_is_damaged_the_daemon_still_starts_and_records(
    damage: str, found: Found
) -> None:
    files = [path for path in _files(found.workspace.root) if path.suffix != ".onnx"]
    assert len(files) > 15
    for path in files:
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    bad = {path.name for path in files if path.suffix == ".npz"}

    found.start()

    snapshot = found.until(lambda s: s.stream.state == "live" and _told(s))
    assert snapshot.live.state in ("none", "not ours", "next start"), snapshot.live
    assert snapshot.live.text, "why nothing of ours is live is said"
    found.do("capture.on", session="after")
    found.until(lambda s: s.capture.kept >= 2)
    found.do("capture.off")
    there = [p.name for p in found.workspace.root.rglob("*.npz")]
    left = {name for name in bad if any(found.endswith(name) for found in there)}
    assert left == bad, "a damaged sample is left, or set aside, for a person to look at"


def test_one_damaged_file_costs_only_itself(used: Path, tmp_path: Path) -> None:
    """Each file in turn, in copies of the same workspace."""
    for number, name in enumerate(_one_of_each(used)):
        root = tmp_path / str(number)
        shutil.copytree(used, root, symlinks=True)
        rig = Found(root)
        accepted = Accepted(rig.workspace)
        damage = DAMAGE["noise" if number % 2 else "cut"]
        (root / name).write_bytes(damage((root / name).read_bytes()))
        accepted.look()
        try:
            rig.start()
            snapshot = rig.until(lambda s: s.stream.state == "live" and s.capture.kept >= 3)
            if "deployed" not in name.parts:
                assert snapshot.live.name == "a_int8", name
            assert not accepted.lost(), name
            rig.do("daemon.stop")
            rig.processes[0].wait(20)
        except (AssertionError, OperatorError) as error:
            raise AssertionError(f"{name}: {error}") from error
        finally:
            rig.end()
            shutil.rmtree(root)


@pytest.mark.parametrize("damage", ["noise", "other JSON"])
def test_a_damaged_configuration_is_refused_in_words_and_changes_nothing(
    damage: str, found: Found
) -> None:
    path = found.workspace.config_path
    path.write_bytes(DAMAGE[damage](path.read_bytes()))

    def there() -> dict[Path, int]:
        files = [path, *_files(found.workspace.root)]
        return {file: file.stat().st_mtime_ns for file in files}

    before = there()
    with pytest.raises(OperatorError, match=r"config\.toml"):
        asyncio.run(connected(found.workspace))
    assert there() == before
