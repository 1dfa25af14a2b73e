"""What the operator has been told already, so that a new daemon does not tell it again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rovertui.files import write_whole
from rovertui.reading import Damaged, json_file

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, kw_only=True):
    checkpoints: list[str] | None = None
    announced: list[str] = []
    foreign: str = ""
    models: dict[str, str] | None = None


class Seen:
    """News of one workspace: each is told once, and stays new until somebody has looked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._kept = json_file(path, _Kept)
        except FileNotFoundError:
            self._kept = _Kept()
        except (OSError, Damaged) as error:
            log.warning("%s is begun anew: %s", path, error)
            self._kept = _Kept()

    def listed(self, names: Iterable[str]) -> list[str]:
        """Take a listing of finished checkpoints; those that are to be announced now.

        The first listing ever is no news: all of it was there before us.
        """
        names = list(names)
        if self._kept.checkpoints is None:
            self._save(checkpoints=names)
            return []
        known = {*self._kept.checkpoints, *self._kept.announced}
        news = [name for name in names if name not in known]
        still = [name for name in [*self._kept.announced, *news] if name in names]
        if news or still != self._kept.announced:
            self._save(announced=still)
        return news

    def fresh(self, name: str) -> bool:
        """Whether a checkpoint was announced and nobody has looked since."""
        return name in self._kept.announced

    @property
    def count(self) -> int:
        return len(self._kept.announced)

    def looked(self) -> None:
        """Somebody has seen what is new."""
        if self._kept.announced:
            known = [*(self._kept.checkpoints or []), *self._kept.announced]
            self._save(checkpoints=known, announced=[])

    def foreign(self, what: str) -> bool:
        """Take what somebody else made live (empty: nothing); whether that is to be announced."""
        if what == self._kept.foreign:
            return False
        self._save(foreign=what)
        return bool(what)

    @property
    def models(self) -> dict[str, str] | None:
        """The ONNX files that are no news, by name, with what identifies each; None at first."""
        return self._kept.models

    def known_models(self, models: dict[str, str]) -> None:
        """Take these for known from now on."""
        if models != self._kept.models:
            self._save(models=models)

    def _save(self, **changes: object) -> None:
        self._kept = msgspec.structs.replace(self._kept, **changes)
        write_whole(self._path, msgspec.json.encode(self._kept) + b"\n")
