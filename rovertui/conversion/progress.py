"""What rknn-toolkit2 prints, read as stages, progress, warnings and log lines.

Its bars count real work only while it quantizes; fusing restarts and goes backwards, so that is
a stage without a figure. "E" lines appear on good builds and are no failures by themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rovertui.text import clean

STAGES = ("check", "prepare", "load", "fuse", "quantize", "build", "verify", "export")
_LONGEST_LINE = 16_384
_MOST_KINDS = 2000

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BAR = re.compile(
    r"^I (Loading|OpFusing \d|GraphPreparing|Quantizating(?: (\d+)/(\d+))?|Adjust Accuracy"
    r"|SessionPreparing|AccuracyAnalysing) ?:?\s*(?:\d+%\|.*\|\s*|@)(\d+)/(\d+)"
)
_SAMPLES = re.compile(r"^I Quantize calibration include (\d+) samples\.")
_BUILDING = re.compile(r"^I rknn building (\.\.\.|done\.)")
_VERSION = re.compile(r"^I rknn-toolkit2 version: (\S+)")
_MARK = re.compile(r"^#stage (\w+) ?(.*)$")
_COMPLAINT = re.compile(r"^([WE]) (.*)$")
_RANDOM_WEIGHTS = re.compile(r"Generate random data for test")
_BAR_STAGES = {"Loading": "load", "OpFusing": "fuse", "Quantizating": "quantize"}

# Printed on every good build, or about what this program does on purpose.
_EXPECTED = re.compile(
    r"Unkown op target: 0|dtype of '.*' is changed from 'float32' to|Set temperate env"
    r"|Restore temperate env|If you don't need to crop the model|is empty, zeros will be set"
    r"|Lut fuse dtype not support yet|range of mean_values/std_values should be in \[0, 255\]"
    r"|The mapping of layer_name & file_name save to"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the toolkit said; ``stage`` where it tells one, ``total`` 0 where unknown.

    A ``mark`` is the worker's own: the place of one of its stages in the toolkit's words.
    """

    kind: Literal["mark", "stage", "progress", "warning", "log", "fatal"]
    text: str = ""
    stage: str = ""
    done: int = 0
    total: int = 0


def parse(line: str) -> Said | None:
    """Read one line without its line break; None for an empty one. Never raises."""
    line = _ANSI.sub("", line).rstrip()
    if not line.strip():
        return None
    if bar := _BAR.match(line):
        return _bar(bar)
    if mark := _MARK.match(line):
        return Said("mark", clean(mark[2]), clean(mark[1], 40))
    if samples := _SAMPLES.match(line):
        return Said("stage", f"{_small(samples[1])} samples", "quantize")
    if building := _BUILDING.match(line):
        return Said("stage", "", "build") if building[1] == "..." else Said("log", clean(line))
    if version := _VERSION.match(line):
        return Said("log", clean(f"rknn-toolkit2 {version[1]}"))
    if _RANDOM_WEIGHTS.search(line):
        return Said("fatal", clean(line))
    complaint = _COMPLAINT.match(line)
    if complaint and not _EXPECTED.search(line):
        return Said("warning", clean(complaint[2]))
    return Said("log", clean(line))


def _small(digits: str) -> int:
    return int(digits[:9])


def _bar(bar: re.Match[str]) -> Said:
    stage = _BAR_STAGES.get(bar[1].split()[0], "")
    if stage != "quantize":
        return Said("progress", "", stage)
    part, parts = (_small(bar[2]), _small(bar[3])) if bar[2] else (1, 1)
    done, total = _small(bar[4]), _small(bar[5])
    return Said("progress", "layers", stage, (max(part, 1) - 1) * total + done, parts * total)


class Lines:
    """Splits a stream of bytes at line breaks and carriage returns; lines stay bounded."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The whole lines that ``data`` completes."""
        *whole, rest = re.split(rb"[\r\n]+", self._rest + data)
        while len(rest) > _LONGEST_LINE:
            whole.append(rest[:_LONGEST_LINE])
            rest = rest[_LONGEST_LINE:]
        self._rest = rest
        for line in whole:
            yield line[:_LONGEST_LINE].decode(errors="replace")

    def close(self) -> Iterator[str]:
        """What was left without a line break."""
        rest, self._rest = self._rest, b""
        if rest:
            yield rest.decode(errors="replace")


class Folded:
    """Warnings told once and counted after that."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def first(self, text: str) -> bool:
        """Count a warning; whether it has not been seen before (clock times do not matter)."""
        key = re.sub(r"\d\d:\d\d:\d\d(?:\.\d+)?", "", text)
        if key not in self._counts and len(self._counts) >= _MOST_KINDS:
            key = ""
        self._counts[key] += 1
        return self._counts[key] == 1

    def repeats(self) -> int:
        """How many were repetitions."""
        return sum(self._counts.values()) - len(self._counts)
