"""What all full screens share: header, body, status line, footer, and their keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from rovertui.errors import OperatorError
from rovertui.keys.table import COMMANDS, MOVES
from rovertui.text import clean
from rovertui.ui import header
from rovertui.ui.pictures import Pictures, Wish
from rovertui.ui.session import LOST
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row


class Wanted(Message):
    """The operator pressed the key of a command, or chose it in the palette."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self.command = command


_STAYS = {
    "down": "Nothing further down.",
    "up": "Nothing further up.",
    "left": "Nothing further left.",
    "right": "Nothing further right.",
    "other": "There is no other list here.",
    "page_down": "Nothing further down.",
    "page_up": "Nothing further up.",
    "first": "This is the first line.",
    "last": "This is the last line.",
    "search": "/ searches in the log: L opens it.",
    "next": "n goes to the next match of a search in the log: L opens it.",
    "previous": "N goes to the match before, of a search in the log: L opens it.",
    "older": "< is the log of the job before: L opens the log.",
    "newer": "> is the log of the job after: L opens the log.",
}


def bindings() -> list[BindingType]:
    """One binding for each command with a key, and for each movement."""
    made: list[BindingType] = [
        Binding(
            command.key,
            f"command('{command.name}')",
            command.label,
            show=False,
            id=command.name,
            tooltip=command.help,
        )
        for command in COMMANDS
        if command.key
    ]
    made += [
        Binding(",".join(move.keys), f"move('{move.name}')", move.help, show=False, id=move.name)
        for move in MOVES
    ]
    return made


class FullScreen(Screen[None]):
    """A screen of the program. Subclasses make the body's rows and handle movements."""

    title_word: str = ""
    key_name: ClassVar[str] = ""
    BINDINGS = bindings()
    AUTO_FOCUS = ""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self._picturing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield LineView(lambda w, h: header.header(self.title_word, self.state, w), id="header")
        yield LineView(self._body, id="body")
        yield LineView(lambda w, h: header.status(self.state, w), id="status")
        # While a box takes the keys, none of them does what a footer would say.
        yield LineView(lambda w, h: self.foot(w) if self.is_active else [[]], id="footer")

    def _body(self, width: int, height: int) -> list[Row]:
        above = header.absence(self.state, width)[:height]
        return [*above, *self.body(width, max(height - len(above), 1))]

    def body(self, width: int, height: int) -> list[Row]:
        raise TypeError(f"{type(self).__name__} has no body")

    def foot(self, width: int) -> list[Row]:
        """The last line: keys, and what they do here."""
        return header.footer(self.key_name, self.state, width)

    def show(self) -> None:
        """Draw the state as it is; only rows that changed are repainted."""
        self.redraw()

    def fetch_picture(self, shown: Pictures, where: str = "", name: str = "") -> None:
        """Ask for the picture that is due while this screen is seen; draw it when it comes."""
        busy = self._picturing is not None and self._picturing.is_running
        if busy or not self.is_current or self.state.gone:
            return
        now, sparing = self.state.clock(), self.state.sparing
        wish = shown.wanted(now, sparing=sparing, where=where, name=name)
        if wish is not None:
            self._picturing = self.run_worker(self._picture(shown, wish), exit_on_error=False)

    async def _picture(self, shown: Pictures, wish: Wish) -> None:
        try:
            shown.supply(wish, await self.state.look("picture", wish.params()))
        except LOST:
            return
        except OperatorError as error:
            shown.failed(wish, clean(error.sentence()))
        self.redraw()

    def redraw(self) -> None:
        """Draw, and ask for nothing."""
        for view in self.query(LineView):
            view.redraw()

    def on_screen_resume(self) -> None:
        self.show()

    def on_screen_suspend(self) -> None:
        self.query_one("#footer", LineView).redraw()

    def action_command(self, name: str) -> None:
        self.post_message(Wanted(name))

    def action_move(self, name: str) -> None:
        """Move; where that leads nowhere, say so: no key is without an answer."""
        if not self.moved(name):
            self.state.say(self.stays(name))
        self.show()

    def moved(self, name: str) -> bool:
        """Carry out a movement; False where there is nothing to move to."""
        return False

    def stays(self, name: str) -> str:
        """Why a movement leads nowhere here."""
        return _STAYS[name]

    def close(self) -> bool:
        """What esc closes first of this screen; False when there is nothing."""
        return False

    def leave(self) -> None:
        """It is closed."""

    def copied(self) -> str:
        """What ``y`` copies."""
        return self.text()

    def text(self) -> str:
        """All that is drawn, as plain lines."""
        return "\n".join(view.text() for view in self.query(LineView))
