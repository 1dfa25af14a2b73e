"""The three points of every input as rows: on file, what the node gives, what training fed.

``found`` is what the look ``check`` of the daemon returns (:mod:`rovertui.conversion.precheck`).
"""

from __future__ import annotations

from typing import Any

from rovertui.text import clean
from widgets.rows import Row, fit, wrap

_VERDICT = {"ok": "good", "ask": "warn", "refused": "bad"}
_SHORT = {"uint8": "u8", "float32": "f32", "float16": "f16"}
_HEADS = ("", "on file", "node gives", "net was trained on", "in the set", "")
_LEAST = (7, 14, 18, 18, 11, 6)


def rows(found: dict[str, Any], width: int) -> list[Row]:
    """A line an input, then the verdict of the whole; narrow terminals get fewer columns."""
    if problem := found.get("problem"):
        return [[(" " + line, "warn")] for line in wrap(clean(str(problem)), width - 2)]
    cells = [_cells(entry) for entry in found.get("inputs") or []]
    widths = _widths([_HEADS, *(texts for texts, _ in cells)], width)
    out: list[Row] = [_row(_HEADS, widths, "dim", "dim")]
    for texts, verdict in cells:
        out.append(_row(texts, widths, "", _VERDICT.get(verdict, "warn")))
    return [*out, *verdict_rows(found, width)]


def verdict_rows(found: dict[str, Any], width: int) -> list[Row]:
    """Whether it can be converted, with how many samples, and what stands against it."""
    verdict = str(found.get("verdict", ""))
    word = {"ok": "CAN BE CONVERTED", "ask": "ASKS FIRST", "refused": "REFUSED"}.get(verdict, "?")
    row: Row = [(" ", ""), (word, _VERDICT.get(verdict, "warn"))]
    row.append((f"  {found.get('usable', 0)} samples calibrate", ""))
    row.append((f", {found.get('checking', 0)} check", ""))
    unusable = len(found.get("unusable") or [])
    row.append((f", {unusable} cannot be used" if unusable else "", "warn"))
    out = [row]
    for reason in found.get("reasons") or []:
        out += [[("   " + line, "")] for line in wrap(clean(str(reason)), width - 4)]
    return out


def _cells(entry: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """The six cells of an input, and its verdict."""
    verdict = str(entry.get("verdict", "?"))
    said = verdict if verdict == "ok" else verdict.upper()
    name = clean(str(entry.get("name", "?")), 60)
    if "sample" not in entry:
        return (name, "?", "?", "?", "?", said), verdict
    sample, feed, net, seen = entry["sample"], entry["feed"], entry["net"], entry.get("seen")
    dtype = clean(str(sample["dtype"]), 20)
    on_file = f"{_SHORT.get(dtype, dtype)} {_span(sample['range'])} {clean(sample['unit'], 20)}"
    dtype = clean(str(feed["dtype"]), 20)
    shape = ",".join(str(length) for length in feed["shape"])
    gives = f"{_SHORT.get(dtype, dtype)} {shape}{_times(feed['scale'])}"
    trained = f"{_fed(net['scale'])} {_span(net['range'])}"
    in_set = _span([min(seen["low"]), max(seen["high"])]) if seen else "none"
    return (name, on_file.strip(), gives, trained.strip(), in_set, said), verdict


def _times(scale: float) -> str:
    return "" if scale == 1 else f" {_fed(scale)}"


def _fed(scale: float) -> str:
    """What is done to the file's value: ``as it is``, ``x/255``, ``x*2``."""
    if scale == 1:
        return "as on file"
    if 0 < abs(scale) < 1:
        return f"x/{round(1 / scale, 4):g}"
    return f"x*{scale:.4g}"


def _span(ends: Any) -> str:
    if not ends:
        return ""
    return f"{_short(ends[0])}..{_short(ends[1])}"


def _short(value: float) -> str:
    return f"{value:.3g}"


def _widths(table: list[tuple[str, ...]], width: int) -> list[int]:
    """Room for each column: what its cells need, the widest giving way first."""
    wanted = [max(len(line[i]) for line in table) for i in range(len(_HEADS))]
    room = width - 2 - 2 * (len(_HEADS) - 1)
    while sum(wanted) > room:
        over = [want - least for want, least in zip(wanted, _LEAST, strict=True)]
        widest = over.index(max(over)) if max(over) > 0 else wanted.index(max(wanted))
        wanted[widest] -= 1
    return wanted


def _row(texts: tuple[str, ...], widths: list[int], style: str, last: str) -> Row:
    row: Row = [(" ", "")]
    for index, (text, cells) in enumerate(zip(texts, widths, strict=True)):
        look = last if index == len(texts) - 1 else "strong" if index == 0 else style
        row.append((fit(text, cells) + ("  " if index < len(texts) - 1 else ""), look))
    return row
