"""The live model's calibrated ranges, held against what the sensors say now."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rovertui.calibration.drift import Drift, Origins, changes, suggestion
from rovertui.conversion import sheet
from rovertui.errors import OperatorError
from rovertui.reading import contents
from rovertui.snapshot import DriftView, StreamView

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0


class DriftWatch:
    """Reads the sheet beside the link anew when it changed.

    Args:
        link: the name that the node loads.
        site: where the rover is, as the configuration names it.
        old_after: days after which the samples of a model are called old.
    """

    def __init__(self, link: Path, site: str = "", old_after: float = float("inf")) -> None:
        self._site = site
        self._old_after = old_after
        self._then = Origins()
        self._sheet = link.with_suffix(".json")
        self._seen: tuple[int, int] | None = None
        self._looked = float("-inf")
        self._drift = Drift({})

    def add(self, values: Mapping[str, float]) -> None:
        """Note the numbers of a frame, under the names of the screen."""
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._looked = now
            self._look()
        self._drift.add(now, values)

    def view(self, stream: StreamView | None = None) -> DriftView:
        """How it is now; ``stream`` is where frames come from, where they do."""
        found = self._drift.state()
        now = Origins(sites=[self._site] if self._site else (), taken=time.time())
        if stream is not None and stream.state == "live":
            sources = [stream.source] if stream.source else []
            cameras = [stream.camera] if stream.camera else []
            now = replace(now, sources=sources, cameras=cameras)
        changed = changes(self._then, now, self._old_after)
        return DriftView(
            frames=found.frames,
            share=None if found.share is None else round(found.share, 4),
            numbers={name: round(share, 4) for name, share in (found.numbers or {}).items()},
            changed=changed,
            text=suggestion(found, changed),
        )

    def _look(self) -> None:
        try:
            found = self._sheet.stat()
            seen = (found.st_mtime_ns, found.st_size)
        except OSError:
            seen = None
        if seen == self._seen:
            return
        self._seen = seen
        self._then = Origins()
        self._drift = Drift(self._ranges() if seen else {})

    def _ranges(self) -> dict[str, tuple[float, float]]:
        """Of the named numbers of vectors; a float16 model has none. Notes where its samples
        come from as well."""
        try:
            described = sheet.decode(contents(self._sheet, sheet.LARGEST), str(self._sheet))
        except (OSError, OperatorError) as error:
            log.warning("%s: %s", self._sheet, error)
            return {}
        ranges: dict[str, tuple[float, float]] = {}
        for feed in described.inputs:
            for name, low, high in zip(feed.fields, feed.seen_low, feed.seen_high, strict=False):
                ranges[name] = ranges[f"{feed.array}.{name}"] = (low, high)
        used = described.calibration
        if used.samples:
            self._then = Origins(used.sources, used.cameras, used.sites, used.taken)
        return ranges if used.samples else {}
