"""The worst state of all that is shown: it decides the header's first word."""

from __future__ import annotations

from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui import compare_view, machine_view, relay_view, words


def drift_words(snapshot: Snapshot) -> str:
    """That the live model meets what it was not calibrated for, in a few words."""
    drift = snapshot.drift
    if not drift.text:
        return ""
    if drift.changed:
        return f"not as calibrated: {clean(drift.changed[0])}"
    return f"{drift.share or 0:.0%} of frames outside the calibration"


def health(snapshot: Snapshot | None, gone: str) -> tuple[words.Level, str]:
    """The worst state there is, and why: it decides the header's first word and colour."""
    if gone or snapshot is None:
        return "BAD", clean(gone) or "no daemon"
    capture, stream, live = snapshot.capture, snapshot.stream, snapshot.live
    found: list[tuple[words.Level, str]] = []
    if stream.state == "down":
        found.append(("BAD", stream.text or "no frames"))
    if capture.state == "stalled":
        found.append(("BAD", capture.text or "capture stalled"))
    if live.state == "not ours":
        found.append(("WARN", live.text or "live model is not ours"))
    if differs := compare_view.warning(snapshot.compare):
        found.append(("WARN", differs))
    if drifted := drift_words(snapshot):
        found.append(("WARN", drifted))
    if stream.state == "stale":
        found.append(("WARN", stream.text or "frames are old"))
    if missed := relay_view.loss(snapshot.relay):
        found.append(("WARN", missed))
    if stream.dead:
        found.append(("WARN", f"not connected: {stream.dead[0]}"))
    found += machine_view.trouble(snapshot.machine)
    if snapshot.server.state == "down":
        found.append(("WARN", snapshot.server.text or "V620 not reached"))
    if snapshot.toolkit.state == "failed":
        found.append(("WARN", snapshot.toolkit.text or "toolkit installation failed"))
    if capture.unusable:
        found.append(("WARN", capture.unusable))
    for level in ("BAD", "WARN"):
        for each, text in found:
            if each == level:
                return each, clean(text)
    return "ok", ""
