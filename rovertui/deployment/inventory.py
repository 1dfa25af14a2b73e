"""Which models are here, which of them is live, and which were: looked up often, so cheaply."""

from __future__ import annotations

import os
from pathlib import Path

from rovertui.conversion import figures, npu
from rovertui.conversion.naming import split
from rovertui.conversion.sheet import LARGEST, Sheet, decode, sheet_path
from rovertui.deployment.entry import MODEL, Entry, Outcome
from rovertui.deployment.shelf import Shelf
from rovertui.deployment.switch import Switch
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reading import contents
from rovertui.snapshot import HistoryView, LiveView, ModelView
from rovertui.text import clean

_Key = tuple[int, int, int, int, int]


class Hashes:
    """SHA-256 of files, worked out again only when a file changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Key, str]] = {}

    def __call__(self, path: Path) -> str:
        key = _key(path)
        known = self._known.get(path)
        if known is None or known[0] != key:
            known = (key, sha256_of(path))
            self._known[path] = known
        return known[1]

    def forget(self) -> None:
        """Drop what belongs to files that are gone."""
        self._known = {path: value for path, value in self._known.items() if path.exists()}


class Inventory:
    """The models directory as an operator sees it. Not for use from two threads at once.

    Args:
        models: the directory.
        link: the name the node loads.
        journal: the file that is there while a deployment runs.
    """

    def __init__(self, models: Path, link: str, journal: Path | None = None) -> None:
        self._hashes = Hashes()
        self._models = models
        self._journal = journal
        self._switch = Switch(models, link, self._hashes)
        self._sheets: dict[Path, tuple[_Key, Sheet | OperatorError]] = {}

    def models(self) -> list[ModelView]:
        """ONNX files and RKNN models directly in the models directory, newest first."""
        self._forget()
        standing = self._switch.standing()
        kept = {entry.sha256 for entry in self._switch.shelf.entries()}
        views = []
        for path in _files(self._models):
            try:
                if path.suffix == ".onnx":
                    views.append(_onnx(path))
                elif path.suffix == ".rknn" and path != self._switch.link:
                    view = self._rknn(path, standing.sha256, kept)
                    view.earlier_live = not view.live and view.name == standing.name
                    views.append(view)
            except FileNotFoundError:
                continue
        return sorted(views, key=lambda view: (-view.modified, view.name))

    def live_view(self) -> LiveView:
        """What is live, and what is known of it."""
        standing = self._switch.standing()
        entry = standing.entry
        if self._journal and self._journal.exists():
            return LiveView(
                state="switching",
                name=entry.name if entry else "",
                checkpoint=entry.checkpoint if entry else "",
                precision=entry.precision if entry else "",
                text="a deployment is under way",
            )
        if standing.state == "empty":
            return LiveView(state="none", text="no model is in service")
        if standing.state == "broken":
            return LiveView(state="none", text=standing.text)
        previous = self._name_of(entry.before) if entry else ""
        if standing.state == "foreign" or entry is None:
            target = Path(os.path.realpath(self._switch.link))
            name = clean(target.stem)
            return LiveView(
                state="not ours",
                name=name,
                precision=split(name)[1],
                text=standing.text,
                previous=entry.name if entry else "",
            )
        if not entry.ours:
            return LiveView(
                state="not ours",
                name=entry.name,
                checkpoint=entry.checkpoint,
                precision=entry.precision,
                text="put into service by somebody else, and kept",
                previous=previous,
            )
        outcome = self._switch.shelf.outcome(entry.number)
        return LiveView(
            state=outcome.state if outcome else "next start",
            name=entry.name,
            checkpoint=entry.checkpoint,
            precision=entry.precision,
            text=outcome.text if outcome else "nothing was seen of it in service yet",
            previous=previous,
            build=self._apart(entry),
        )

    def _apart(self, entry: Entry) -> ModelView | None:
        """The live model, where no file directly in the models directory is that build."""
        try:
            if any(self._hashes(path) == entry.sha256 for path in self._built()):
                return None
            stored = (self._switch.shelf.directory(entry.number) / MODEL).resolve()
            view = self._rknn(stored, entry.sha256, {entry.sha256})
        except FileNotFoundError:
            return None
        view.name = clean(entry.name)
        return view

    def _built(self) -> list[Path]:
        """RKNN files directly in the models directory."""
        link = self._switch.link
        return [p for p in _files(self._models) if p.suffix == ".rknn" and p != link]

    def history(self) -> list[HistoryView]:
        """Every kept entry, newest first."""
        standing = self._switch.standing()
        live = self._switch.current() if standing.state == "kept" else None
        shelf = self._switch.shelf
        return [
            _past(entry, shelf.outcome(entry.number), entry.number == live, shelf)
            for entry in reversed(shelf.entries())
        ]

    def damaged(self) -> list[str]:
        """A sentence for each kept entry that cannot be read."""
        return self._switch.shelf.damaged()

    def _name_of(self, number: int | None) -> str:
        if number is None:
            return ""
        return next((e.name for e in self._switch.shelf.entries() if e.number == number), "")

    def _rknn(self, path: Path, live: str, kept: set[str]) -> ModelView:
        found = path.stat()
        sha256 = self._hashes(path)
        checkpoint, precision = split(clean(path.stem))
        view = ModelView(
            name=clean(path.stem),
            checkpoint=checkpoint,
            precision=precision or "unknown",
            bytes=found.st_size,
            modified=found.st_mtime,
            live=sha256 == live,
            kept=sha256 in kept,
        )
        sheet = self._sheet(path)
        if isinstance(sheet, OperatorError):
            view.problem = sheet.message
            return view
        if sheet.rknn_sha256 != sha256:
            view.problem = "its sheet belongs to another file: convert it again"
            return view
        view.checkpoint = clean(sheet.checkpoint)
        view.precision = sheet.precision
        view.ratio = found.st_size / sheet.onnx_bytes if sheet.onnx_bytes else None
        view.strength = clean(sheet.strength, 200)
        view.within = sheet.within
        view.simulated = sheet.simulated
        view.npu = npu.words(sheet.npu) if sheet.npu else ""
        if sheet.check:
            view.mean = sheet.check.mean
            view.largest = sheet.check.max
            view.over_limit = sheet.check.over_limit
            view.frames = sheet.check.frames
            view.wheel = figures.wheel_words(sheet)
            view.wrong_sign = figures.wrong_sign(sheet)
        return view

    def _forget(self) -> None:
        """Drop what belongs to files that are gone."""
        self._hashes.forget()
        self._sheets = {path: value for path, value in self._sheets.items() if path.exists()}

    def _sheet(self, rknn: Path) -> Sheet | OperatorError:
        path = sheet_path(rknn)
        try:
            key = _key(path)
        except FileNotFoundError:
            return OperatorError("it has no model sheet: convert it again")
        known = self._sheets.get(path)
        if known is None or known[0] != key:
            try:
                known = (key, decode(contents(path, LARGEST), path.name))
            except OperatorError as error:
                known = (key, error)
            except OSError as error:
                known = (key, OperatorError(f"its sheet cannot be read: {error.strerror}"))
            self._sheets[path] = known
        return known[1]


def _past(entry: Entry, outcome: Outcome | None, live: bool, shelf: Shelf) -> HistoryView:
    return HistoryView(
        number=entry.number,
        name=clean(entry.name),
        checkpoint=clean(entry.checkpoint),
        precision=clean(entry.precision),
        when=entry.when,
        again=outcome.when if outcome and outcome.job not in ("", entry.job) else None,
        again_job=outcome.job if outcome and outcome.job != entry.job else "",
        state=outcome.state if outcome else "next start",
        text=clean(outcome.text) if outcome else "nothing was seen of it in service yet",
        live=live,
        pinned=shelf.pinned(entry.number),
        ours=entry.ours,
        before=entry.before,
        job=entry.job,
        forced=[clean(sentence, 300) for sentence in entry.forced],
        motion=entry.motion,
        motion_accepted=entry.motion_accepted,
        simulated=entry.simulated,
    )


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return [
        path
        for path in directory.iterdir()
        if path.is_file() and path.name[0] != "." and not _second_name(path)
    ]


def _second_name(path: Path) -> bool:
    """Whether it is a link to a neighbour, such as the guide's ``NAME.rknn``: listed already."""
    return path.is_symlink() and "/" not in str(path.readlink())


def _onnx(path: Path) -> ModelView:
    found = path.stat()
    name = clean(path.stem)
    return ModelView(name=name, checkpoint=name, bytes=found.st_size, modified=found.st_mtime)


def _key(path: Path) -> _Key:
    found = path.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
