"""The characters that bars are made of: Unicode blocks, or ASCII where those do not show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of drawing characters.

    Attributes:
        levels: from empty to full, for bars that grow upwards; the first is a blank.
        full, track: the done and the open part of a horizontal bar.
        marker: stands under the present value.
        cursor: before the selected line.
        rule, column: horizontal line, vertical line.
        more: at the end of what is cut off.
        state: word-like signs for ``waiting``, ``running``, ``done``, ``failed``, ``skipped``.
    """

    levels: str
    full: str
    track: str
    marker: str
    cursor: str
    rule: str
    column: str
    dot: str
    more: str
    state: dict[str, str]


UNICODE = Glyphs(
    levels=" ▁▂▃▄▅▆▇█",
    full="█",
    track="░",
    marker="▲",
    cursor="▶",
    rule="─",
    column="│",
    dot="·",
    more="…",
    state={"waiting": "·", "running": "▶", "done": "✓", "failed": "✗", "skipped": "-"},
)

ASCII = Glyphs(
    levels=" .:-=+*#@",
    full="#",
    track=".",
    marker="^",
    cursor=">",
    rule="-",
    column="|",
    dot="-",
    more="...",
    state={"waiting": ".", "running": ">", "done": "+", "failed": "X", "skipped": "-"},
)
