"""Whether the streams of a frame belong together and to the present."""

from __future__ import annotations

from collections.abc import Mapping


def stale(ages: Mapping[str, float], max_age: float, max_skew: float) -> str:
    """What keeps a frame from being a sample, in words; empty when nothing does.

    Args:
        ages: seconds each stream was old when the frame arrived; empty where nobody knows.
        max_age: older than this is not the present.
        max_skew: further apart than this, streams show different moments.
    """
    if not ages:
        return ""
    oldest = max(ages, key=lambda name: ages[name])
    if ages[oldest] > max_age:
        return f"{oldest} is {_ms(ages[oldest])} old, wanted under {_ms(max_age)}"
    newest = min(ages, key=lambda name: ages[name])
    apart = ages[oldest] - ages[newest]
    if apart > max_skew:
        return f"{oldest} is {_ms(apart)} behind {newest}, wanted under {_ms(max_skew)}"
    return ""


def skew(ages: Mapping[str, float]) -> float | None:
    """Seconds between the oldest and the newest stream; None with fewer than two."""
    return max(ages.values()) - min(ages.values()) if len(ages) > 1 else None


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
