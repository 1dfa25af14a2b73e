"""The ranges that a set of samples really has, and what about them looks wrong.

A wrong unit does not fail: the toolkit takes it in silence. What can be told from ranges alone is
asked before anything is built, and the operator's answer is kept.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rovertui.conversion.points import Point
from rovertui.conversion.recipe import input_job
from rovertui.text import clean

# Of an image, in what training fed: 0..1, -1..1 and metres lie between.
_LARGE, _SMALL = 20.0, 0.02
# Of an image whose values never leave this share of what is physically possible.
_NARROW = 0.2
_GREY = 1.5
_CLAIMS = ("feed.", "net.", "preprocess.", "preprocessing.")
_DIVIDED = re.compile(r"(?:/|divided by)\s*([0-9]+(?:\.[0-9]+)?)\s*$")
_AS_STORED = {"raw", "metres", "meters", "m", "as stored", "none", "1"}


@dataclass(frozen=True)
class Range:
    """Least and greatest of an input's array in the files; one each of a vector's numbers."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def scaled(self, scale: float) -> tuple[float, float]:
        """Over all numbers, times ``scale``."""
        ends = [value * scale for value in (*self.low, *self.high)]
        return min(ends), max(ends)


@dataclass(frozen=True)
class Doubt:
    """Something that looks wrong: what, and what is probably the matter."""

    kind: str
    text: str


@dataclass(frozen=True)
class Seen:
    """What a set was found to hold.

    Attributes:
        ranges: by name of the input; empty without a readable file.
        files: how many files were read for them.
        bad: files that the worker would refuse, and why.
    """

    ranges: Mapping[str, Range]
    files: int
    bad: tuple[tuple[str, str], ...]


def look(paths: Iterable[Path], points: Sequence[Point]) -> Seen:
    """Read samples as the worker will, a few milliseconds each.

    One that is gone by then is none: a recorder replaces samples while they are looked at.
    """
    from rovertui.worker import samples
    from rovertui.worker.failure import Failure

    inputs = [input_job(point) for point in points]
    seen, bad = samples.Seen(inputs), []
    for path in paths:
        try:
            seen.add(samples.open_sample(path, inputs))
        except Failure as failure:
            if not os.path.lexists(path):
                continue
            bad.append((clean(path.name, 200), clean(failure.message, 400)))
    ranges = {}
    for given in inputs:
        low, high = seen.range(given)
        if low:
            ranges[given.name] = Range(tuple(low), tuple(high))
    return Seen(ranges, seen.count, tuple(bad))


def doubts(point: Point, found: Range | None) -> list[Doubt]:
    """What looks wrong about an input: stated ranges, and those of the set where there is one.

    Only images are judged: the numbers of a vector may be of any size.
    """
    if not point.is_image:
        return []
    stated = Range(point.low, point.high)
    possible = stated if _bounded(stated) else found
    out = _net_doubts(point, possible) if possible else []
    if found is not None:
        out += _set_doubts(point, stated, found)
    return out


def claim(metadata: Mapping[str, str], name: str) -> tuple[str, float | None]:
    """What a model itself says an input was fed in training: its words, and the scale they mean.

    Read are entries such as ``feed.depth = metres/6`` (also ``net.``, ``preprocess.``); words
    without a number mean the values as stored. None: they mean nothing that is known.
    """
    for prefix in _CLAIMS:
        words = metadata.get(f"{prefix}{name}", "").strip()
        if words:
            return words, _scale_of(words)
    return "", None


def _scale_of(words: str) -> float | None:
    divided = _DIVIDED.search(words)
    if divided:
        by = float(divided[1])
        return 1.0 / by if by else None
    return 1.0 if words.lower() in _AS_STORED else None


def contradiction(point: Point, metadata: Mapping[str, str]) -> list[Doubt]:
    """The model says it was trained on something else than the configuration does."""
    words, scale = claim(metadata, point.name)
    if scale is None or math.isclose(scale, point.net_scale, rel_tol=1e-3):
        return []
    return [
        Doubt(
            "metadata",
            f"{point.name}: the model itself says that training fed {clean(words, 60)} (stored x "
            f"{scale:.4g}), the configuration says stored x {point.net_scale:.4g}: is the "
            "configuration right?",
        )
    ]


def _bounded(stated: Range) -> bool:
    return max(abs(value) for value in (*stated.low, *stated.high)) < 1e20


def _net_doubts(point: Point, found: Range) -> list[Doubt]:
    low, high = found.scaled(point.net_scale)
    most = max(abs(low), abs(high))
    words = f"{point.name}: training is said to have been fed {low:.4g} to {high:.4g}"
    if most > _LARGE:
        return [
            Doubt(
                "large",
                f"{words}. A network is usually trained on 0 to 1 or on metres: is a division "
                "missing, or are these millimetres?",
            )
        ]
    if 0 < most < _SMALL:
        return [
            Doubt(
                "small",
                f"{words}. A network is usually trained on 0 to 1 or on metres: was it divided "
                "twice?",
            )
        ]
    return []


def _set_doubts(point: Point, stated: Range, found: Range) -> list[Doubt]:
    unit = f" {point.unit}" if point.unit and point.unit.upper() != "RGB" else ""
    top, seen = max(stated.high), max(found.high)
    if not _bounded(stated) or seen >= _NARROW * top:
        return []
    what = f"{point.name}: no value in the set is above {seen:.4g}{unit}, {top:g}{unit} is possible"
    if point.sample_dtype == "uint8" and seen <= _GREY:
        why = "were pictures of 0 to 1 stored as whole numbers?"
    elif point.sample_dtype == "uint8":
        why = "is it always that dark, or was the picture divided?"
    else:
        why = "is everything that near, or was it divided before it was stored?"
    return [Doubt("narrow", f"{what}: {why}")]
