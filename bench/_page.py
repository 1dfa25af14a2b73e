"""Figures of a benchmark as a section of docs/benchmarks.md, between its marks.

What stands around the marks is written by hand and stays; a section without marks is refused, so
that a new benchmark cannot be forgotten on the page.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs/benchmarks.md"
_LONGEST = 240


def write(found: list[dict[str, Any]], page: Path = PAGE) -> None:
    """Put the figures of each benchmark into its section, and the goals of all on top."""
    text = page.read_text(encoding="utf-8")
    for entry in found:
        if "failed" not in entry:
            text = _fill(text, f"bench {entry['name']}", section(entry))
    text = _fill(text, "bench summary", summary(text))
    page.write_text(text, encoding="utf-8")


def section(entry: dict[str, Any]) -> str:
    """Goals first, then every figure; the machine's load, because it disturbs times."""
    rows = ["| goal | asked | measured | |", "|---|---|---|---|"]
    for goal in entry["goals"]:
        verdict = "met" if goal["met"] else "**missed**"
        cells = (goal["what"], goal["goal"], goal["measured"])
        rows.append(f"| {' | '.join(_cell(c) for c in cells)} | {verdict} |")
    parts = ["\n".join(rows)] if entry["goals"] else []
    left_out = ("name", "goals", "machine")
    figures = entry.get("figures") or {k: v for k, v in entry.items() if k not in left_out}
    parts += ["\n".join(block) for block in _blocks("", figures)]
    if "machine" in entry:
        parts.append(entry["machine"])
    return "\n\n".join(parts)


def summary(text: str) -> str:
    """How many of the goals on the page are met, and the names of those that are not."""
    met = len(re.findall(r"\| met \|$", text, re.MULTILINE))
    missed = re.findall(r"^\| ([^|]+) \|[^|]+\|[^|]+\| \*\*missed\*\* \|$", text, re.MULTILINE)
    lines = [f"{met} goals met, {len(missed)} missed" + (":" if missed else "."), ""]
    return "\n".join([*lines, *(f"- {what}" for what in missed)]).rstrip()


def machine() -> str:
    """Where and how busy, as far as times depend on it."""
    load = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} {platform.machine()} processors, Python "
        f"{platform.python_version()}, load over five minutes at the end: {load:.1f}."
    )


def _fill(text: str, mark: str, inside: str) -> str:
    between = re.compile(rf"(<!-- {re.escape(mark)} -->\n).*?(\n?<!-- end -->)", re.DOTALL)
    if not between.search(text):
        raise SystemExit(
            f"{PAGE.name} has no place for '{mark}': add <!-- {mark} --> ... <!-- end -->"
        )
    return between.sub(lambda match: f"{match[1]}{inside}\n<!-- end -->", text, count=1)


def _blocks(name: str, value: Any) -> list[list[str]]:
    """Tables: one for a dictionary of alike dictionaries, else rows of name and value."""
    if _alike(value):
        columns = list(next(iter(value.values())))
        rows = [
            f"| {_words(name)} | {' | '.join(map(_words, columns))} |",
            f"|---|{'---|' * len(columns)}",
        ]
        for key, entry in value.items():
            rows.append(f"| {_words(key)} | {' | '.join(_cell(entry[c]) for c in columns)} |")
        return [rows]
    flat: list[str] = []
    tables: list[list[str]] = []
    for key, entry in _leaves(name, value):
        if isinstance(entry, dict) and not _is_spread(entry):
            tables += _blocks(key, entry)
        else:
            flat.append(f"| {_words(key)} | {_cell(entry)} |")
    head = ["| what | measured |", "|---|---|"]
    return ([head + flat] if flat else []) + tables


def _leaves(name: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value with its whole name; what makes a table of its own stays together."""
    for key, entry in value.items():
        inner = f"{name}, {key}" if name else str(key)
        if isinstance(entry, dict) and not _is_spread(entry) and not _alike(entry):
            yield from _leaves(inner, entry)
        else:
            yield inner, entry


def _alike(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) < 2:
        return False
    entries = list(value.values())
    return all(
        isinstance(entry, dict)
        and entry
        and list(entry) == list(entries[0])
        and all(not isinstance(cell, dict) or _is_spread(cell) for cell in entry.values())
        for entry in entries
    ) and not all(_is_spread(entry) for entry in entries)


def _is_spread(value: Any) -> bool:
    """A median with what lies around it."""
    return (
        isinstance(value, dict)
        and any(str(key).startswith("median") for key in value)
        and not any(isinstance(cell, dict) for cell in value.values())
    )


def _cell(value: Any) -> str:
    if isinstance(value, dict) and _is_spread(value):
        middle = next(key for key in value if str(key).startswith("median"))
        rest = ", ".join(f"{_words(k)} {_cell(v)}" for k, v in value.items() if k != middle)
        return f"{_cell(value[middle])} ({rest})" if rest else _cell(value[middle])
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)[:_LONGEST] or "none"
    return str(value).replace("|", "\\|").replace("\n", " ")[:_LONGEST]


def _words(name: Any) -> str:
    return str(name).replace("_", " ").replace("|", "\\|")
