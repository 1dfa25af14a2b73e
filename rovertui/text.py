"""Words from outside, made safe to show; and figures, made easy to read."""

from __future__ import annotations

import re
import unicodedata

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(text: str, limit: int = 2000) -> str:
    """Return ``text`` as one harmless line: no escapes, control or invisible characters.

    Tabs and line breaks become spaces; anything else that could move a cursor, switch a
    terminal's mode or reorder what is read becomes ``?``. At most ``limit`` characters.
    """
    text = _ANSI.sub("", text[: limit * 4])
    out = []
    for char in text:
        if char in "\t\n\r\v\f":
            out.append(" ")
        elif unicodedata.category(char) in _INVISIBLE:
            out.append("?")
        else:
            out.append(char)
    return "".join(out)[:limit]


def size(count: float) -> str:
    """Bytes as an operator says them: ``1.3 MB``, ``582 kB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            value = count / factor
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return f"{int(count)} B"


def duration(seconds: float) -> str:
    """Seconds as ``4.2 s``, ``2:41`` or ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def ago(seconds: float) -> str:
    """An age in one short word: ``now``, ``12 s``, ``5 min``, ``3 h``, ``9 d``."""
    if seconds < 1:
        return "now"
    for unit, factor in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= factor:
            return f"{int(seconds // factor)} {unit}"
    return f"{int(seconds)} s"


def since(seconds: float) -> str:
    """When that was: ``now``, ``12 s ago``, ``9 d ago``."""
    age = ago(max(0.0, seconds))
    return age if age == "now" else f"{age} ago"
