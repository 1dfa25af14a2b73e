"""The node's command beside the float model's action on the same frame, as rows."""

from __future__ import annotations

from rovertui.called import called
from rovertui.snapshot import CompareView, Snapshot
from rovertui.text import clean
from rovertui.ui import words
from widgets.rows import Row

_LIVE = ("seen", "believed")


def rows(snapshot: Snapshot) -> list[Row]:
    """Nothing while no model is live; a second row where the two keep disagreeing."""
    compare = snapshot.compare
    if snapshot.live.state not in _LIVE or not (compare.reference or compare.text):
        return []
    if compare.state == "off" or not compare.reference:
        word = "not compared" if compare.state == "off" else "waits"
        return [[(" NODE   ", "title"), (f" {word}: {clean(compare.text)}", "dim")]]
    row: Row = [
        (" NODE   ", "title"),
        *_wheels(compare.command, "strong"),
        ("  FLOAT", "title"),
        *_wheels(compare.reference, ""),
    ]
    told = f"{compare.apart:2d} of {compare.compared:2d} differ"
    if compare.state == "silent":
        return [[*row, ("  SILENT", "warn")]]
    if compare.state == "disagrees":
        return [
            [*row, (f"  {told}", "warn")],
            [(f" WARNING {warning(compare)}: {called()} feed", "warn")],
        ]
    return [[*row, (f"  {told}", "dim")]]


def warning(compare: CompareView) -> str:
    """One sentence while the two keep disagreeing, else nothing."""
    if compare.state != "disagrees":
        return ""
    return "the node does not feed what this model was checked with"


def _wheels(values: list[float], style: str) -> Row:
    if len(values) < 2:
        return [("     no command      ".ljust(24), "warn")]
    linear, angular = values[:2]
    return [
        (words.figure(linear, 7, 3), style),
        (" m/s", ""),
        (words.figure(angular, 6, 2), style),
        (" rad/s", ""),
    ]
