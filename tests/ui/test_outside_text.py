"""Words from outside are shown as they are: no markup, no escape, no crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_origin

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rovertui.keys.table import COMMANDS
from rovertui.snapshot import QuestionView, Snapshot
from rovertui.ui import drive_view, guide_view, models_view, words
from rovertui.ui.guide import Guide
from rovertui.ui.header import absence, header, status
from rovertui.ui.plans.by_command import plan
from rovertui.ui.plans.plan import Confirm, Refused
from rovertui.ui.screens.confirm import ConfirmScreen
from rovertui.ui.screens.help import help_rows
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row, clip

from .conftest import opened
from .scenes import busy, job

NASTY = [
    "[/models/a.onnx]",
    "[INFO] go [100%] loss [nan] [bold]x[/bold] [@click=app.exit]y[/]",
    "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x1b[2J\x9b1m",
    "a\nb\r\tc\x00\x07",
    "\u202egnp.exe \u200b\ufeff 日本語 é 🤖\U000e0041",
    "\ud800 half a surrogate",
    "x" * 5000,
]
WORDS = st.text() | st.sampled_from(NASTY)


def poison(value: Any, text: str) -> Any:
    """``value`` with every free text in it replaced; choices of few words stay as they are."""
    if isinstance(value, msgspec.Struct):
        for each in msgspec.structs.fields(value):
            if get_origin(each.type) is not Literal:
                setattr(value, each.name, poison(getattr(value, each.name), text))
    elif isinstance(value, dict):
        return {key: poison(item, text) for key, item in value.items()}
    elif isinstance(value, list):
        return [poison(item, text) for item in value]
    elif isinstance(value, str):
        return text
    return value


def poisoned(text: str) -> Snapshot:
    """A busy snapshot in which every text from outside is ``text``."""
    snapshot = busy()
    snapshot.jobs = [job(), job("failed", number=2), job("done", number=1)]
    snapshot.notices = ["x"]
    snapshot.refusals = {"pull": "x"}
    poison(snapshot, text)
    snapshot.stream.values = {text: 1.0, **snapshot.stream.values}
    snapshot.stream.units = {text: text}
    return snapshot


def drawn(rows: list[Row], width: int) -> str:
    return "\n".join("".join(piece for piece, _ in clip(row, width)) for row in rows)


@settings(max_examples=25, deadline=None)
@given(WORDS)
@example(NASTY[2])
@example(NASTY[5])
def test_every_view_shows_any_text_without_control_characters(text: str) -> None:
    snapshot = poisoned(text)
    for side in ("server", "here"):
        state = State(snapshot=snapshot, gone="", side=side, clock=lambda: 0.0)
        state.say(text, "bad")
        lost = State(gone="no daemon")
        lost.lose("no daemon", text, text)
        guided = Guide(Path("/nowhere"), said=text)
        for width, height in ((40, 9), (80, 21), (120, 37)):
            tail = [words.event_line({"kind": "log", "text": text})]
            shown = [
                *drive_view.rows(state, width, height),
                *models_view.rows(state, models_view.Tops(), tail, width, height),
                *header("DRIVE", state, width),
                *status(state, width),
                *absence(lost, width),
                *guide_view.rows(guided, state, width, height),
                *help_rows("models", state, width),
            ]
            assert all(line.isprintable() for line in drawn(shown, width).split("\n"))
        for command in COMMANDS:
            said = plan(command, state) if command.operations else None
            if isinstance(said, Refused):
                state.say(said.reason)
                assert drawn(status(state, 80), 80).isprintable()
            elif isinstance(said, Confirm):
                box = drawn(ConfirmScreen(said).rows(60, 99), 60)
                assert all(line.isprintable() for line in box.split("\n"))


@given(
    st.dictionaries(
        st.sampled_from(["kind", "text", "stage", "done", "total", "state", "result"]),
        WORDS | st.none() | st.floats() | st.integers() | st.lists(st.integers()),
    )
)
def test_any_event_becomes_one_printable_line(event: dict[str, Any]) -> None:
    assert drawn([[words.event_line(event)]], 80).isprintable()


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
async def test_the_running_screen_survives_it_and_the_terminal_obeys_nothing(text: str) -> None:
    async with opened(poisoned(text)) as bench:
        bench.daemon.log = [{"kind": "log", "text": text}] * 40
        for keys in (("3",), ("L",), ("escape", "question_mark"), ("escape", "colon")):
            await bench.press(*keys)
            for view in bench.app.screen.query(LineView):
                for y in range(view.size.height):
                    assert view.render_line(y).text.isprintable()
        await bench.press("escape")
        bench.daemon.snapshot.questions = [
            QuestionView(id=1, kind=text, text=text, choices=[text, "no"])
        ]
        await bench.push()
        await bench.press("1")
        assert bench.daemon.answers == [(1, text)]


async def test_markup_is_shown_letter_by_letter() -> None:
    async with opened() as bench:
        bench.app.state.say("[bold]not bold[/bold] [/x] [100%]")
        bench.app.screen.query_one("#status", LineView).redraw()
        assert "[bold]not bold[/bold] [/x] [100%]" in bench.line("status")
