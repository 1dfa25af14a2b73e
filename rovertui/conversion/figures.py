"""The error of a model by output, number and kind of frame, worked out from its sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rovertui.conversion.outputs import used
from rovertui.conversion.sheet import Check, FrameError, Output, OutputNumber, Sheet

Keep = Callable[[FrameError], bool]


def common(frame: FrameError) -> bool:
    """Whether the set has many frames like it."""
    return frame.rare == []


def rare(frame: FrameError) -> bool:
    """Whether the set has few frames like it, by any axis of its schema."""
    return bool(frame.rare)


def by_number(sheet: Sheet, keep: Keep = lambda frame: True) -> list[dict[str, Any]]:
    """A row for each number of each output over the frames that are kept.

    Each has ``output``, ``number``, ``unit``, ``frames``, and in the output's own scale ``mean``,
    ``largest``, ``bias`` (signed), ``over_limit`` (share of frames off by more than the limit's
    ``over``); ``wheel`` has mean, largest and bias in ``unit``, of what the node makes of the
    number (clipped, times its scale), None where the configuration does not say; ``wrong_sign``
    is the share of frames in which the sign is another although the float model's command is
    more than standing still, and ``signed`` how many such frames there are.
    """
    check = sheet.check
    if check is None:
        return []
    frames = [frame for frame in check.by_frame if keep(frame)]
    rows = []
    for index, output in enumerate(sheet.outputs):
        numbers = max(
            (len(f.reference[index]) for f in frames if index < len(f.reference)), default=0
        )
        for place in range(numbers):
            # A sheet that somebody else wrote may leave numbers out.
            pairs = [
                (f.reference[index][place], f.rknn[index][place])
                for f in frames
                if _has(f.reference, index, place) and _has(f.rknn, index, place)
            ]
            if pairs:
                rows.append(_row(output, place, pairs, check.over))
    return rows


def _has(numbers: Sequence[Sequence[float]], index: int, place: int) -> bool:
    return index < len(numbers) and place < len(numbers[index])


def _row(
    output: Output, place: int, pairs: Sequence[tuple[float, float]], over: float
) -> dict[str, Any]:
    given = output.numbers[place] if place < len(output.numbers) else None
    differences = [rknn - reference for reference, rknn in pairs]
    row: dict[str, Any] = {
        "output": output.name,
        "number": given.name if given else str(place),
        "unit": given.unit if given else "",
        "frames": len(pairs),
        **_sizes(differences),
        "over_limit": sum(abs(d) > over for d in differences) / len(pairs),
        "wheel": None,
        "wrong_sign": None,
        "signed": 0,
    }
    if given is not None:
        row |= _on_wheels(output, given, pairs)
    return row


def _on_wheels(
    output: Output, given: OutputNumber, pairs: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    commands = [
        (used(a, output.after) * given.scale, used(b, output.after) * given.scale) for a, b in pairs
    ]
    moving = [(a, b) for a, b in commands if abs(a) > given.still]
    wrong = sum(a * b < 0 for a, b in moving)
    return {
        "wheel": _sizes([b - a for a, b in commands]),
        "wrong_sign": wrong / len(moving) if moving else None,
        "signed": len(moving),
    }


def _sizes(differences: Sequence[float]) -> dict[str, float]:
    count = len(differences)
    return {
        "mean": sum(abs(d) for d in differences) / count,
        "largest": max(abs(d) for d in differences),
        "bias": sum(differences) / count,
    }


def group(sheet: Sheet, keep: Keep) -> dict[str, Any] | None:
    """Frames of one kind: how many, and the frame error (the worst number of each)."""
    check = sheet.check
    frames = [frame for frame in check.by_frame if keep(frame)] if check else []
    if not check or not frames:
        return None
    errors = [frame.error for frame in frames]
    return {
        "frames": len(frames),
        "mean": sum(errors) / len(errors),
        "largest": max(errors),
        "over_limit": sum(error > check.over for error in errors) / len(errors),
        "numbers": by_number(sheet, keep),
    }


def wheel_words(sheet: Sheet) -> str:
    """``linear 0.4 mm/s, angular 2 mrad/s`` on average; empty where nothing says."""
    words = []
    for row in by_number(sheet):
        if row["wheel"] is not None:
            words.append(f"{row['number']} {small(row['wheel']['mean'], row['unit'])}")
    return ", ".join(words)


def small(value: float, unit: str) -> str:
    """A small quantity readably: thousandths where the unit has them."""
    if unit.startswith(("m/s", "rad/s")):
        return f"{value * 1000:.1f} m{unit}"
    return f"{value:.4f} {unit}".strip()


def worst(check: Check, count: int = 5) -> list[FrameError]:
    """The frames that are furthest off, the worst first."""
    return sorted(check.by_frame, key=lambda frame: -frame.error)[:count]


def wrong_sign(sheet: Sheet) -> float | None:
    """The largest share of wrong signs among the numbers; None where it was not looked at."""
    found = [row["wrong_sign"] for row in by_number(sheet) if row["wrong_sign"] is not None]
    return max(found, default=None)
