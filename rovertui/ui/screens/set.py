"""Set: what the samples for calibration cover, and the samples one by one."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input
from textual.worker import Worker

from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.ui import samples_view, set_view
from rovertui.ui.sample_list import SampleList
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.session import LOST
from rovertui.ui.state import SET_SIDES, STILL_LOOKING, State
from widgets.rows import Row


class SetScreen(FullScreen):
    title_word = "SET"
    key_name = "set"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._top = 0
        self._height = 1
        self._fetching: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield from super().compose()
        search = Input(
            placeholder="words that a sample holds: session, label, role, why",
            id="search",
            select_on_focus=False,
        )
        search.display = False
        yield search

    @property
    def _list(self) -> SampleList | None:
        return self.state.lists.get(self.state.set_side)

    def body(self, width: int, height: int) -> list[Row]:
        self._height = height
        shown = self._list
        if shown is not None:
            return samples_view.rows(self.state, shown, width, height)
        return set_view.rows(self.state, self._top, width, height)

    def show(self) -> None:
        super().show()
        shown = self._list
        busy = self._fetching is not None and self._fetching.is_running
        if shown is not None and self.is_current and not busy and not self.state.gone:
            asked = shown.wanted(self.state.clock())
            if asked is not None:
                self._fetching = self.run_worker(self._fetch(shown, asked), exit_on_error=False)
        self._fetch_selected()

    async def _fetch(self, shown: SampleList, asked: dict[str, object]) -> None:
        try:
            found = await self.state.look("samples", asked)
        except LOST:
            return
        except OperatorError as error:
            self.state.say(clean(error.sentence()), "bad")
            shown.looked = self.state.clock()
        else:
            shown.supply(asked, found, self.state.clock())
            if self.state.status == STILL_LOOKING:
                self.state.say("")
        super().show()
        self._fetch_selected()

    def _fetch_selected(self) -> None:
        """The picture of the selected sample, where it is wanted."""
        shown = self._list
        if shown is not None and shown.selected is not None:
            self.fetch_picture(self.state.sample_picture, shown.where, shown.selected["name"])

    def moved(self, name: str) -> bool:
        shown = self._list
        before = (self.state.set_side, self._top, shown and shown.cursor)
        if name in ("other", "left", "right"):
            by = -1 if name == "left" else 1
            place = (SET_SIDES.index(self.state.set_side) + by) % len(SET_SIDES)
            self.state.set_side = SET_SIDES[place]
        elif name == "search":
            self._open_search()
            return True
        elif shown is not None:
            page = max(1, self._height - 8)
            by = {"down": 1, "up": -1, "page_down": page, "page_up": -page}.get(name, 0)
            shown.move({"first": -shown.total, "last": shown.total}.get(name, by))
        else:
            last = set_view.last_top(self.state, self._height)
            moves = {"down": 1, "up": -1, "page_down": 8, "page_up": -8, "first": -last}
            step = {**moves, "last": last}.get(name, 0)
            self._top = max(0, min(self._top + step, last))
        return before != (self.state.set_side, self._top, shown and shown.cursor)

    def stays(self, name: str) -> str:
        shown = self._list
        return STILL_LOOKING if shown and shown.looked is None else super().stays(name)

    def _open_search(self) -> None:
        if self._list is None:
            self.state.set_side = "set"
        search = self.query_one("#search", Input)
        search.value = self._list.words if self._list else ""
        search.display = True
        # At once, the input would take the key that opened it for its first letter.
        self.call_after_refresh(search.focus)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._close_search()
        if self._list is not None:
            self._list.search(event.value.strip())
        self.show()

    def _close_search(self) -> None:
        self.query_one("#search", Input).display = False
        self.set_focus(None)

    def close(self) -> bool:
        """What esc closes first: the search, then its words; False when there was nothing."""
        if self.query_one("#search", Input).display:
            self._close_search()
        elif self._list is not None and self._list.words:
            self._list.search("")
        else:
            return False
        self.show()
        return True
