"""The models directory of that rover, in the layout of `rovertui.deployment.switch` and `shelf`."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from rovertui.deployment.there.files import Refusal, Value, lead, load, sha256, sync, write

NUMBER = re.compile(r"\d{4,}")
KEPT_BEFORE_LIVE = 5


class Models:
    """The models directory of this rover."""

    def __init__(self, job: Value) -> None:
        self.job = job
        self.root = Path(job["models"]).expanduser().resolve()
        self.shelf = self.root / "deployed"
        self.link = self.root / job["link"]
        self.sheet = self.link.with_suffix(".json")
        self.pivot = self.root / "current"

    def numbers(self) -> list[int]:
        if not self.shelf.is_dir():
            return []
        return sorted(int(p.name) for p in self.shelf.iterdir() if NUMBER.fullmatch(p.name))

    def directory(self, number: int) -> Path:
        return self.shelf / f"{number:04d}"

    def entry(self, number: int) -> Value:
        return load(self.directory(number) / "entry.json") or {}

    def current(self) -> int | None:
        try:
            parent, _, name = str(self.pivot.readlink()).rpartition("/")
        except OSError:
            return None
        return int(name) if parent == "deployed" and NUMBER.fullmatch(name) else None

    def live(self) -> tuple[int | None, str]:
        """(number or None, hash); a number only where the link holds what that entry says."""
        if not self.link.is_file():
            return None, ""
        found, number = sha256(self.link), self.current()
        kept = number is not None and self.entry(number).get("sha256") == found
        return (number if kept else None), found

    def switch(self, number: int) -> None:
        lead(self.pivot, f"deployed/{number:04d}")
        if self.sheet.is_file() and not self.sheet.is_symlink():
            aside = self.shelf / "replaced"
            aside.mkdir(exist_ok=True)
            write(
                aside / time.strftime(f"%Y%m%dT%H%M%S_{self.sheet.name}"), self.sheet.read_bytes()
            )
        lead(self.sheet, "current/sheet.json")
        lead(self.link, "current/model.rknn")

    def keep(
        self, entry: Value, rknn: Path, sheet: Path | None, golden: Path | None = None
    ) -> None:
        """Make an entry's directory as a whole, from copies."""
        final = self.directory(entry["number"])
        making = self.shelf / f".{final.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        files = (
            (rknn, "rknn", "model.rknn"),
            (sheet, "json", "sheet.json"),
            (golden, "golden.npz", ""),
        )
        for source, ending, name in files:
            if source is None:
                continue
            # These names belong to the links beside it.
            taken = entry["name"] in ("model", "sheet", "entry", "outcome")
            stored = making / f"{entry['name']}{'_' * taken}.{ending}"
            write(stored, source.read_bytes())
            if name:
                (making / name).symlink_to(stored.name)
        if sha256(making / "model.rknn") != entry["sha256"]:
            shutil.rmtree(making)
            raise Refusal("the model changed while it was copied there")
        write(making / "entry.json", json.dumps(entry, indent=2).encode() + b"\n")
        making.rename(final)
        sync(self.shelf)

    def adopt(self) -> int | None:
        """The entry that is live; somebody else's model is kept first."""
        number, found = self.live()
        if number is not None or not found:
            return number
        source = self.link.resolve()
        name, kept = source.stem, max(self.numbers(), default=-1) + 1
        entry = {
            "number": kept,
            "name": name,
            "checkpoint": name,
            "precision": "unknown",
            "sha256": found,
            "when": time.time(),
            "before": self.current(),
            "ours": False,
            "origin": str(source),
        }
        bound = (load(self.sheet) or {}).get("rknn_sha256") == found
        self.keep(entry, source, self.sheet if bound else None)
        self.switch(kept)
        return kept

    def sweep(self) -> None:
        """Remove what a program that was killed left behind."""
        for pattern in (".incoming-*", ".*.making", ".*.going"):
            for left in self.shelf.glob(pattern):
                shutil.rmtree(left)
        for path in (self.link, self.sheet, self.pivot):
            for left in self.root.glob(f".{path.name}.*.part"):
                left.unlink()
        for left in self.shelf.glob("*/.*.part"):
            left.unlink()

    def prune(self) -> list[str]:
        """Remove what `rovertui.deployment.shelf.Shelf.prune` would; their names."""
        live = self.current()
        entries = {number: self.entry(number) for number in self.numbers()}
        entries = {number: entry for number, entry in entries.items() if entry}
        if live not in entries:
            return []
        kept = {live}
        before = entries[live].get("before")
        while before in entries and len(kept) <= KEPT_BEFORE_LIVE:
            kept.add(before)
            before = entries[before].get("before")
        older = [number for number in sorted(entries, reverse=True) if number < live]
        older = [number for number in older if number not in kept and not self.pinned(number)]
        gone = older[KEPT_BEFORE_LIVE + 1 - len(kept) :]
        gone = [number for number in gone if not self.only_copy(entries[number])]
        for number in gone:
            going = self.shelf / f".{number:04d}.going"
            shutil.rmtree(going, ignore_errors=True)
            self.directory(number).rename(going)
            shutil.rmtree(going)
        return [str(entries[number].get("name")) for number in gone]

    def pinned(self, number: int) -> bool:
        return (self.directory(number) / "pinned").exists()

    def only_copy(self, entry: Value) -> bool:
        """Whether somebody else's model is nowhere but here."""
        if entry.get("ours", True):
            return False
        origin = Path(entry.get("origin", ""))
        return not origin.is_file() or sha256(origin) != entry.get("sha256")

    def note(self, number: int, state: str, text: str, warning: bool = False) -> Value:
        outcome = {"state": state, "text": text, "when": time.time(), "warning": warning}
        data = json.dumps(outcome, indent=2).encode() + b"\n"
        write(self.directory(number) / "outcome.json", data)
        return outcome


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refusal("another deployment is running there") from None
    finally:
        os.close(handle)
