"""What the doctor found as rows, each finding with its remedy below it."""

from __future__ import annotations

from typing import Any

from rovertui.text import clean
from widgets.rows import Row, fit, wrap

_SIGN = {
    "missing": ("MISSING", "bad"),
    "warning": ("WARNING", "warn"),
    "ok": ("ok", "good"),
    "n/a": ("n/a", "dim"),
}
_INDENT = 24


def rows(found: dict[str, Any], width: int) -> list[Row]:
    """One finding after the other; its remedy is a line of its own, whole, to be copied."""
    findings = found.get("findings") or []
    counts = [
        sum(str(each.get("state")) == state for each in findings)
        for state in ("missing", "warning")
    ]
    out: list[Row] = [_summary(*counts), []]
    room = max(width - _INDENT - 1, 20)
    indent = _INDENT if width >= 60 else 4
    for each in findings:
        word, style = _SIGN.get(str(each.get("state")), ("?", "warn"))
        head: Row = [
            (" " + fit(word, 9), style),
            (fit(clean(str(each.get("name", ""))), 14), "strong"),
        ]
        lines = wrap(clean(str(each.get("text", ""))), room if indent > 4 else width - 5)
        if indent > 4:
            out.append([*head, (lines[0] if lines else "", "")])
            lines = lines[1:]
        else:
            out.append(head)
        out += [[(" " * indent, ""), (line, "")] for line in lines]
        remedy = clean(str(each.get("remedy") or ""))
        if remedy:
            out.append([(" " * indent, ""), ("do: ", "title"), (remedy, "strong")])
    return out


def _summary(missing: int, warnings: int) -> Row:
    if not missing and not warnings:
        return [(" Nothing is missing.", "good")]
    parts = []
    if missing:
        parts.append(f"{missing} missing")
    if warnings:
        parts.append(f"{warnings} warning{'s' * (warnings > 1)}")
    return [(f" {', '.join(parts)}", "bad" if missing else "warn"), (", remedies below", "")]
