"""The guide of the first start; it can be left, and gone on with, at every step."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from rovertui.config_edit import Setting
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.ui import copying, guide_view
from rovertui.ui import guide as guides
from rovertui.ui.guide import CHOICES, FIELDS, Guide
from rovertui.ui.screens.box import Box, mark_small
from rovertui.ui.session import GONE, LOST
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row

Do = Callable[[str, dict[str, object]], Awaitable[object]]
"""Has an operation done by the daemon."""

_LINES = max(len(fields) for fields in FIELDS.values())


class GuideScreen(Box["str"]):
    """Asks, writes what was answered, and shows what comes of it. Ends with a word to be said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "later", show=False),
        Binding("enter", "next", show=False),
        Binding("f2", "back", show=False),
        Binding("f3", "skip", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("r", "again", show=False),
        Binding("y", "copy", show=False),
        *[Binding(str(i + 1), f"pick({i})", show=False) for i in range(len(CHOICES))],
    ]
    AUTO_FOCUS = ""
    patience = 15.0
    """Seconds for the daemon to be there again."""

    def __init__(self, guide: Guide, state: State, do: Do) -> None:
        super().__init__()
        self.guide, self._state, self._do = guide, state, do
        self._writing = False

    def compose(self) -> ComposeResult:
        with Vertical(id="guide"):
            yield LineView(lambda w, h: guide_view.rows(self.guide, self._state, w, h), id="lines")
            for index in range(_LINES):
                with Horizontal(classes="field", id=f"field{index}"):
                    yield LineView(partial(self._label, index))
                    yield Input(max_length=300)
            yield LineView(lambda w, h: guide_view.footer(self.guide), id="keys")

    def _label(self, index: int, width: int, height: int) -> list[Row]:
        fields = self._fields()
        return [[(fields[index].label, "strong")]] if index < len(fields) else [[]]

    def _fields(self) -> tuple[guides.Field, ...]:
        try:
            return self.guide.fields()
        except OperatorError as error:
            self.guide.said = error.sentence()
            return ()

    def on_mount(self) -> None:
        self.on_resize()
        self._begin()

    def on_resize(self) -> None:
        mark_small(self)
        self._fit()

    def _begin(self) -> None:
        """Set up the lines to type into for the step as it is."""
        fields = self._fields()
        for index, line in enumerate(self.query(Input)):
            row = self.query_one(f"#field{index}")
            row.display = line.display = index < len(fields)
            if index < len(fields):
                line.placeholder = fields[index].hint
                line.value = self.guide.value(fields[index].name)
                line.cursor_position = len(line.value)
        if fields:
            self.set_focus(self.query(Input).first())
        else:
            self.set_focus(None)
        if self.guide.step == "source" and not self.guide.watching:
            with contextlib.suppress(OperatorError, StopIteration):
                kind = self.guide.config.source.kind
                kinds = [name for name, _ in CHOICES]
                self.guide.choice = kinds.index(kind) if kind in kinds and kind != "none" else 0
        self.show()

    def show(self) -> None:
        self._fit()
        super().show()

    def _fit(self) -> None:
        """Keep the lines to type into below the words, and in sight where there are few rows."""
        lines = self.query_one("#lines", LineView)
        width = lines.size.width or self.app.size.width
        below = len(self._fields()) + 1 + (0 if self.has_class("small") else 3)
        room = max(1, self.app.size.height - below)
        height = min(len(guide_view.rows(self.guide, self._state, width, 99)) + 1, room)
        if lines.styles.height is None or lines.styles.height.value != height:
            lines.styles.height = height

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """On to the next line; from the last one, the answer is taken."""
        lines = [line for line in self.query(Input) if line.display]
        place = lines.index(event.input)
        if place + 1 < len(lines) and lines[0].value.strip():
            self.set_focus(lines[place + 1])
        else:
            self._take()

    def action_next(self) -> None:
        guide = self.guide
        if guide.step == "done":
            self._close()
        elif guide.watching:
            guide.go(1)
            self._begin()
        else:
            self._take()

    def _take(self) -> None:
        guide = self.guide
        for entry, line in zip(self._fields(), self.query(Input), strict=False):
            guide.typed[entry.name] = line.value
        guide.said = ""
        empty = (
            guide.step != "source" and not guide.typed.get(FIELDS[guide.step][0].name, "").strip()
        )
        if empty:
            self.action_skip()
            return
        try:
            settings = guide.settings()
        except OperatorError as error:
            guide.said = error.sentence()
            self.show()
            return
        if settings:
            self.run_worker(self._write(settings), exit_on_error=False)
        else:
            self._watch()

    async def _write(self, settings: dict[str, Setting]) -> None:
        if self._writing:
            return
        self._writing = True
        try:
            await self._write_when_there(settings)
        except OperatorError as error:
            self.guide.said = error.sentence()
        except LOST:
            self.guide.said = f"Nothing was written: {GONE}."
        else:
            self.guide.said = ""
            self._watch()
        finally:
            self._writing = False
            self.show()

    async def _write_when_there(self, settings: dict[str, Setting]) -> None:
        """The step before may have had the daemon begin anew; settings may be written twice."""
        until = time.monotonic() + self.patience
        while True:
            try:
                await self._do("config.set", {"settings": settings})
                return
            except LOST:
                if time.monotonic() > until:
                    raise
            self.guide.said = "The daemon begins anew ..."
            self.show()
            await asyncio.sleep(0.1)

    def _watch(self) -> None:
        self.guide.watching = True
        self._begin()

    def action_back(self) -> None:
        """Change the answer, or go back a step."""
        if self.guide.watching:
            self.guide.watching, self.guide.said = False, ""
        else:
            self.guide.go(-1)
        self._begin()

    def action_skip(self) -> None:
        self.guide.go(1)
        self._begin()

    def action_move(self, by: int) -> None:
        if self.guide.step == "source" and not self.guide.watching:
            self.guide.choice = max(0, min(self.guide.choice + by, len(CHOICES) - 1))
            self.show()
        elif self.focused is not None:
            lines = [line for line in self.query(Input) if line.display]
            place = lines.index(self.focused) if self.focused in lines else 0
            self.set_focus(lines[max(0, min(place + by, len(lines) - 1))])

    def action_pick(self, index: int) -> None:
        if self.guide.step == "source" and not self.guide.watching:
            self.guide.choice = index
            self.show()

    def action_again(self) -> None:
        if self.guide.step == "v620" and self.guide.watching:
            self.run_worker(self._look_again(), exit_on_error=False)

    async def _look_again(self) -> None:
        try:
            await self._do("server.list", {})
        except OperatorError as error:
            self.guide.said = clean(error.sentence())
        except LOST:
            self.guide.said = f"{GONE}."
        self.show()

    def action_copy(self) -> None:
        if self.guide.step == "source" and self.guide.watching:
            text = guides.command(self.guide.config)
            self.app.copy_to_clipboard(text)
            self.guide.said = copying.copy(text, str(self.guide.folder))[0]
            self.show()

    def action_later(self) -> None:
        self._close()

    def _close(self) -> None:
        failed = guides.leave(self.guide)
        said = ": Set up goes on with it." if self.guide.step != "done" else ""
        self.dismiss(f"{said} Where you were was not kept: {failed}." if failed else said)
