"""What to drive so that a number takes other values, in words one can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rovertui.calibration.coverage import Covered


@dataclass(frozen=True)
class Words:
    """For numbers of one direction: what makes them less, in between, and more.

    Attributes:
        of: what the range is of; ``{}`` is the range.
        under, beyond: the words before its upper and its lower end.
    """

    less: str
    between: str
    more: str
    of: str = "{}"
    under: str = "below"
    beyond: str = "over"


@dataclass(frozen=True)
class Signed:
    """For numbers through zero: what each sign is called. Ranges are magnitudes."""

    minus: str
    plus: str
    slow: str


@dataclass(frozen=True)
class Tilt:
    """For attitude: which way its sign goes is the IMU's matter, so the range keeps it."""

    slope: str


_WORDS = {
    "brightness": Words("somewhere dark", "neither dark nor bright", "somewhere bright"),
    "contrast": Words("a plain view", "a view of some contrast", "strong light and shadow"),
    "colourful": Words("somewhere grey", "somewhere with some colour", "something colourful"),
    "clipped": Words(
        "an evenly lit view", "some glare or shadow", "into glare or deep shadow", "{} clipped"
    ),
    "nearest": Words(
        "closer to an obstacle", "an obstacle at this distance", "farther from obstacles",
        "nearest {}", "within",
    ),
    "min_dist": Words(
        "closer to an obstacle", "an obstacle at this distance", "farther from obstacles",
        "nearest {}", "within",
    ),
    "depth_valid": Words(
        "shiny, dark or far surfaces", "mixed surfaces", "matt surfaces nearby", "{} has depth"
    ),
    "depth_near": Words(
        "with something close in view", "with something at this distance",
        "with nothing close in view", under="5 % of it within", beyond="95 % of it beyond",
    ),
    "depth_mid": Words(
        "in a narrower place", "in a place of this width", "in a wider place",
        under="half of it within", beyond="half of it beyond",
    ),
    "depth_far": Words(
        "with the view blocked", "with the view ending there", "with a longer view",
        under="90 % of it within", beyond="10 % of it beyond",
    ),
    "accel": Words("smoother ground", "ground in between", "rougher ground"),
}  # fmt: skip
_NAMED = ("brightness", "contrast", "colourful")
_SIGNED = {
    "lin_vel": Signed("reverse", "drive forward", "slowly"),
    "ang_vel": Signed("turn right", "turn left", "gently"),
}
_TILTS = {"roll": Tilt("across a slope"), "pitch": Tilt("a slope")}


def runs_apart(feature: str) -> bool:
    """Whether what lies below zero is another thing to do than what lies above."""
    return feature in _SIGNED or feature in _TILTS


def say(axis: Covered, run: Sequence[int]) -> tuple[str, str]:
    """What to do, and which values, for neighbouring bins that lack samples."""
    feature = axis.judged.axis.of.rpartition(".")[2]
    if feature in _SIGNED:
        return _signed(axis, run, _SIGNED[feature])
    if feature in _TILTS:
        return _tilt(axis, run, feature, _TILTS[feature])
    words = _WORDS.get(feature)
    if words is None:
        name = axis.judged.axis.name
        return f"more of {name}", _range(axis, run, "below", "over")
    text = (words.less, words.between, words.more)[_side(axis, run)]
    where = _range(axis, run, words.under, words.beyond)
    return text, f"{feature} {where}" if feature in _NAMED else words.of.format(where)


def _signed(axis: Covered, run: Sequence[int], words: Signed) -> tuple[str, str]:
    low, high = _ends(axis, run)
    verb = words.plus if low >= 0 else words.minus
    near, far = sorted((abs(low), abs(high)))
    slower, faster = _beside(axis, run)
    unit = _unit(axis)
    last = max(abs(axis.judged.axis.low), abs(axis.judged.axis.high))
    if slower and not faster:
        where = f"over {_short(near)}{unit}" if far >= last else _between(near, far, unit)
        return f"{verb} faster", where
    if faster and not slower:
        return f"{verb} {words.slow}", f"below {_short(far)}{unit}"
    if not slower:
        return verb, f"up to {_short(far)}{unit}"
    return f"{verb} at this rate", _between(near, far, unit)


def _tilt(axis: Covered, run: Sequence[int], feature: str, words: Tilt) -> tuple[str, str]:
    low, _ = _ends(axis, run)
    gentler, steeper = _beside(axis, run)
    middle = len(axis.different) // 2
    other = axis.different[:middle] if low >= 0 else axis.different[middle:]
    if gentler and not steeper:
        text = f"{words.slope}, steeper"
    elif steeper:
        text = f"{words.slope}, gentler"
    elif any(other):
        text = f"{words.slope} the other way"
    else:
        text = words.slope
    return text, f"{feature} {_range(axis, run, 'below', 'over')}"


def _beside(axis: Covered, run: Sequence[int]) -> tuple[bool, bool]:
    """Whether there are samples nearer to zero, and farther from it, of the run's sign."""
    low, _ = _ends(axis, run)
    before, after = axis.different[: run[0]], axis.different[run[-1] + 1 :]
    zero = sum(axis.judged.range_of(place)[1] <= 0 for place in range(len(axis.different)))
    if low >= 0:
        return any(before[zero:]), any(after)
    return any(after[: max(0, zero - run[-1] - 1)]), any(before)


def _side(axis: Covered, run: Sequence[int]) -> int:
    """0 below what there is, 1 within it, 2 above it."""
    full = [place for place, count in enumerate(axis.different) if count]
    if full and run[-1] < full[0]:
        return 0
    if full and run[0] > full[-1]:
        return 2
    middle = (len(axis.counts) - 1) / 2
    if run[0] == 0 and run[-1] < middle:
        return 0
    return 2 if run[-1] == len(axis.counts) - 1 and run[0] >= middle > 0 else 1


def _ends(axis: Covered, run: Sequence[int]) -> tuple[float, float]:
    return axis.judged.range_of(run[0])[0], axis.judged.range_of(run[-1])[1]


def _range(axis: Covered, run: Sequence[int], under: str, beyond: str) -> str:
    low, high = _ends(axis, run)
    unit = _unit(axis)
    if run[-1] == len(axis.counts) - 1 and run[0] > 0:
        return f"{beyond} {_short(low)}{unit}"
    if run[0] == 0 and run[-1] < len(axis.counts) - 1:
        return f"{under} {_short(high)}{unit}"
    return _between(low, high, unit)


def _between(low: float, high: float, unit: str) -> str:
    return f"{_short(low)} to {_short(high)}{unit}"


def _unit(axis: Covered) -> str:
    return f" {axis.judged.axis.unit}" if axis.judged.axis.unit else ""


def _short(value: float) -> str:
    value = 0.0 if abs(value) < 1e-9 else value
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
