"""The set: histograms, coverage, advice, drift, recording, pictures."""

from __future__ import annotations

from typing import Literal

from rovertui.snapshot.part import Part


class AxisView(Part):
    """One histogram: counts of samples a bin over the configured physical range."""

    name: str
    unit: str
    low: float
    high: float
    scale: Literal["linear", "log"]
    counts: list[int]
    outside: int = 0
    now: float | None = None


class AdviceView(Part):
    """What to drive next: what to do, which values, how many different samples there are.

    ``marks`` are what ``coverage.unreachable`` takes where the site has none of it.
    """

    text: str
    where: str
    have: int
    want: int
    marks: list[str] = []


class CoverageAxisView(Part):
    """An axis of the score; ``different`` counts at most three a bin.

    Attributes:
        share: 0..1 of what its reachable bins could hold.
        unreachable: bins that the site has not.
        dead: the value that every sample has.
    """

    name: str
    group: str
    unit: str
    low: float
    high: float
    scale: Literal["linear", "log"]
    counts: list[int]
    different: list[int]
    share: float
    unreachable: list[int] = []
    dead: float | None = None


class CoverageView(Part):
    """What the set for calibration is worth.

    Attributes:
        score: 0..100; ``vendi``: how many are really different; ``count``: how many there are.
        gained: change of the score in the last ``gained_over`` seconds, 300 at most.
        text: all of that in one line; ``explained``: one line for each figure, by its name.
        groups: share (0..1) of each group of axes; they weigh the same.
        advice: what to drive next, at most three.
        dead: sensors that say the same in every sample.
    """

    count: int = 0
    score: float = 0.0
    vendi: float = 0.0
    gained: float = 0.0
    gained_over: int = 0
    text: str = ""
    parked: bool = False
    site: str = ""
    groups: dict[str, float] = {}
    axes: list[CoverageAxisView] = []
    advice: list[AdviceView] = []
    dead: list[str] = []
    explained: dict[str, str] = {}


class DriftView(Part):
    """Whether the rover meets what its live model was not calibrated for.

    Attributes:
        share: 0..1 of the last ten minutes' frames outside a calibrated range; None while there
            are fewer than a hundred or the live model has no such ranges.
        numbers: share of each number that was outside, the largest first.
        changed: what is not as it was when the samples were taken: source, camera, site, age.
        text: what to do about all of that, or nothing.
    """

    frames: int = 0
    share: float | None = None
    numbers: dict[str, float] = {}
    changed: list[str] = []
    text: str = ""


class CaptureView(Part):
    """Capture.

    Attributes:
        decided: the latest decision about a frame, in words.
        skipped: frames of the last minute that were not kept, by reason.
        can_undo: whether ``sample.undo`` has something to take back.
        target: samples that complete the set (rule ``interval``), or at most so many by the rule.
        goal: % covered that completes the set; 0 where its number does.
        check_target: samples for checking that complete it; 0 where none are asked for.
        check_apart: samples for checking of drives that calibrate nothing.
        for_checking: whether such a drive is recorded now.
        complete: whether it has what is wanted, recording or not; ``lacking``: what is missing.
        counted: whether the disk was looked at: before that, ``kept`` says nothing.
        unusable: what of the set cannot be used, the first bad file by name.
    """

    wanted: bool = False
    state: Literal["off", "on", "starting", "stalled", "complete"] = "off"
    text: str = ""
    rule: str = ""
    kept: int = 0
    target: int = 0
    checking: int = 0
    unusable: str = ""
    session: str = ""
    last: str = ""
    last_name: str = ""
    last_age: float | None = None
    next_in: float | None = None
    decided: str = ""
    skipped: dict[str, int] = {}
    can_undo: bool = False
    counted: bool = False
    goal: float = 0.0
    check_target: int = 0
    check_apart: int = 0
    for_checking: bool = False
    complete: bool = False
    lacking: str = ""


class PictureView(Part):
    """A picture of a frame, reduced for a terminal; fetched when wanted, never in a snapshot.

    Attributes:
        pixels: row by row, base64: three bytes a pixel (RGB) where ``colour``, else one: 1..255
            over ``low`` to ``high``, 0 where nothing was measured.
    """

    name: str
    width: int
    height: int
    pixels: str
    colour: bool = False
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
