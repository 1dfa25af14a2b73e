"""What must be true of a workspace after any fault: looked up on disk and in processes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from rovertui.calibration import sample
from rovertui.conversion import header, sheet
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.workspace import Workspace


class Accepted:
    """Every sample ever seen complete in the set, by the hash of its bytes."""

    def __init__(self, workspace: Workspace) -> None:
        self._directory = workspace.samples(workspace.load())
        self._aside = (workspace.trash, workspace.quarantine)
        self._known: dict[tuple[int, int, int], str] = {}
        self.seen: dict[str, str] = {}

    def look(self) -> None:
        """Remember what lies in the set now."""
        for place in (self._directory, self._directory / "check"):
            self.seen.update(self._hashes(place, "*.npz"))

    def lost(self) -> list[str]:
        """Samples seen before that are neither in the set nor in trash or quarantine."""
        places = (self._directory, self._directory / "check")
        found = [hash_ for place in places for hash_ in self._hashes(place, "*.npz")]
        for place in self._aside:
            found += self._hashes(place, "**/*.npz")
        return [name for hash_, name in self.seen.items() if hash_ not in set(found)]

    def _hashes(self, place: Path, pattern: str) -> dict[str, str]:
        found = {}
        for path in place.glob(pattern):
            # A sample may be moved to the trash between the listing and the reading.
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                key = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
                if key not in self._known:
                    self._known[key] = sha256_of(path)
                found[self._known[key]] = path.name
        return found


def half_files(workspace: Workspace) -> list[str]:
    """Temporaries left behind, and files that do not read back whole."""
    config = workspace.load()
    samples, models = workspace.samples(config), workspace.models(config)
    found = [
        str(path)
        for place in (workspace.root, workspace.kept, samples, samples / "check", models)
        for path in place.glob(".*.part")
    ]
    for path in (*samples.glob("*.npz"), *samples.glob("check/*.npz")):
        try:
            sample.read(path)
        except sample.BadSample as error:
            if path.exists():
                found.append(f"{path.name}: {error}")
    for path in (workspace.state, *workspace.jobs.glob("*/job.json"), *models.glob("*.json")):
        with contextlib.suppress(FileNotFoundError):
            try:
                json.loads(path.read_bytes())
            except ValueError as error:
                found.append(f"{path}: {error}")
    return found


def wrong_models(workspace: Workspace) -> list[str]:
    """RKNN files that do not load or are not what the sheet beside them says."""
    found = []
    for path in workspace.models(workspace.load()).glob("*.rknn"):
        if not path.exists():
            found.append(f"{path.name} leads nowhere")
            continue
        try:
            if header.read(path) is None:
                found.append(f"{path.name} has no header that reads back")
            described = sheet.decode(path.with_suffix(".json").read_bytes(), path.name)
        except (OperatorError, ValueError, OSError) as error:
            if path.with_suffix(".json").exists() or path.name == "remote_trained.rknn":
                found.append(f"{path.name}: {error}")
            continue
        if described.rknn_sha256 != sha256_of(path.resolve()):
            found.append(f"{path.name} is not the model of its sheet")
    return found
