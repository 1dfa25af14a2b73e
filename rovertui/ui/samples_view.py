"""The samples of the set, or of the trash, one by one, as rows."""

from __future__ import annotations

import re
import time

from rovertui.text import clean, size
from rovertui.ui import picture_view, set_view, words
from rovertui.ui.sample_list import SampleList
from rovertui.ui.state import State
from widgets.rows import Row, fit, middle, window, wrap

_ROLE = {"calibration": "calib", "check": "check", "pinned": "hand"}
_DETAIL = 4


def rows(state: State, shown: SampleList, width: int, height: int) -> list[Row]:
    """The whole list in ``height`` rows, the selected sample in full at its end."""
    head = [_title(shown)]
    if shown.looked is None and not shown.rows:
        return [*head, [], [("  Looking ...", "dim")]]
    if not shown.total:
        said = wrap(_nothing(shown, state), max(width - 4, 10))
        return [*head, [], *([("  " + line, "")] for line in said)]
    axes = [axis.name for axis in state.snapshot.axes] if state.snapshot else []
    axes = axes[: max(1, (width - 46) // 8)]
    detail = _detail(shown) if height >= 10 else []
    if state.sample_picture.on:
        # The list keeps a few rows; a picture is as high as it is wide, by half.
        most = min((height - 6), max(6, width // 4))
        picture = picture_view.rows(state.sample_picture, state, width, most)
        detail = [*picture, *detail[: max(0, height - 6 - len(picture))]]
    room = max(1, height - len(head) - 1 - len(detail))
    shown.top = window(shown.cursor, shown.total, room, shown.top)
    out = [*head, _columns(axes, shown)]
    for place in range(shown.top, min(shown.top + room, shown.total)):
        out.append(_line(state, shown, place, axes, width))
    out += [[]] * (height - len(out) - len(detail))
    return [*out, *detail][:height]


def _title(shown: SampleList) -> Row:
    name = "SAMPLES" if shown.where == "set" else "TRASH"
    row: Row = [(f" {name} ", "title")]
    if shown.total:
        row.append((f"{shown.cursor + 1} of {shown.total}", "strong"))
    if shown.words:
        row += [(f"  with {clean(shown.words)!r}", "found"), (f" of {shown.all}", "dim")]
    if shown.all:
        limit = f" of at most {size(shown.most)}" if shown.most else ""
        row.append((f"  {size(shown.bytes)}{limit}", ""))
    row.append(("   newest first; tab: the other lists, / finds", "dim"))
    return row


def _nothing(shown: SampleList, state: State) -> str:
    if shown.words:
        return f"No sample holds {clean(shown.words)!r}: / with nothing lists all {shown.all}."
    if shown.where == "trash":
        return "The trash is empty: what is replaced, taken back or trashed comes here."
    return set_view.nothing(state.snapshot) if state.snapshot else "Nothing here yet."


def _columns(axes: list[str], shown: SampleList) -> Row:
    said = "why it is here" if shown.where == "trash" else "why it was kept"
    cells = "".join(fit(clean(name), 7, right=True) + " " for name in axes)
    return [(f"   {'NUMBER':<8}{'FOR':<6}{cells} {'SESSION':<12} {said}", "dim")]


def _line(state: State, shown: SampleList, place: int, axes: list[str], width: int) -> Row:
    found = shown.at(place)
    chosen = place == shown.cursor
    cursor = (f" {state.glyphs.cursor if chosen else ' '} ", "title")
    if found is None:
        return [cursor, ("...", "dim")]
    style = "strong" if chosen else ""
    number = clean(found["name"]).rpartition("/")[2].replace("calibration_", "")
    row: Row = [cursor, (fit(number.removesuffix(".npz"), 7) + " ", style)]
    if found["state"] != "ok":
        row.append((f"{found['state'].upper()}: {clean(found['problem'])}", "warn"))
        return row
    row.append((fit(_ROLE.get(found["role"], found["role"]), 6), "info" if chosen else ""))
    for name in axes:
        row.append((words.figure(found["values"].get(name), 7) + " ", ""))
    said = found["gone"] if shown.where == "trash" else found["why"]
    named = clean(found["label"]) or _session(clean(found["session"]))
    row += [(" " + fit(middle(named, 12), 12) + " ", "dim"), (clean(said), style)]
    return row


def _session(name: str) -> str:
    """A session in a narrow column: of a name by date and time the year, alike on every line,
    is left out."""
    return name[4:] if re.fullmatch(r"\d{8}-\d{6}", name) else name


def _detail(shown: SampleList) -> list[Row]:
    """The selected sample in full."""
    found = shown.selected
    if found is None:
        return [[]] * _DETAIL
    name = clean(found["name"])
    label = f' "{clean(found["label"])}"' if found["label"] else ""
    first = f"{name}  {size(found['bytes'])}  session {clean(found['session']) or 'none'}{label}"
    if found["imported"]:
        first += "  imported"
    from_where = clean(found["source"])
    if found["site"]:
        from_where += f", site {clean(found['site'])}"
    if found["taken"]:
        from_where += time.strftime(", %Y-%m-%d %H:%M", time.localtime(found["taken"]))
    why = f"kept: {clean(found['why'])}" if found["why"] else "why it was kept is not known"
    if found["gone"]:
        why = f"in the trash: {clean(found['gone'])} ({why})"
    last = clean(found["problem"]) or found["quality"] or "no figures"
    lines = [first, from_where, why, last]
    return [[(" " + line, "dim")] for line in lines]
