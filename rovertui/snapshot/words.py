"""What the states of a snapshot are called: one word each, on screens and in commands alike."""

from __future__ import annotations

CAPTURE = {
    "off": "CAPTURE OFF",
    "on": "CAPTURE ON",
    "starting": "STARTING",
    "stalled": "STALLED",
    "complete": "COMPLETE",
}
SET_COMPLETE = "SET COMPLETE"
STREAM = {
    "none": "NO SOURCE",
    "starting": "STARTING",
    "live": "live",
    "stale": "STALE",
    "down": "DOWN",
}
MOTION = {"still": "standing still", "moving": "moving", "unknown": "motion unknown"}
SERVER = {"unset": "not set", "waiting": "not asked yet"}
"""Of the training server; its other states are words already."""
EARLIER_LIVE = "an earlier build of it is LIVE"
LIVE = {
    "none": "none",
    "seen": "live, seen",
    "believed": "live, believed",
    "next start": "set for the next start",
    "not ours": "not ours",
    "switching": "switching",
}
_LIMITS = {True: "WITHIN LIMITS", False: "OVER THE LIMITS", None: "not judged"}


def limits(within: bool | None) -> str:
    """What the measured error of a model is beside its limits; None where nothing was judged."""
    return _LIMITS[within]
