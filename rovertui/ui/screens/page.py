"""Page: something to be read in full over a screen, scrolled, and copied whole."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.worker import Worker

from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.ui import header
from rovertui.ui.pages import PAGES, NotNow, Page
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.session import GONE, LOST
from rovertui.ui.state import State
from widgets.rows import Row, scrolled, width_of

_STEP = 20


class PageScreen(FullScreen):
    """Shows one page at a time. Made once; ``turn_to`` chooses."""

    key_name = "page"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.page: Page = PAGES["notices"]
        self._founds: list[dict[str, Any]] | None = None
        self._problem = ""
        self._top = self._left = 0
        self._height = 1
        self._rows: list[Row] = []
        self._loading: Worker[None] | None = None
        self._heard = -1

    def turn_to(self, name: str) -> None:
        """Show another page, or look again for the one that is shown."""
        page = PAGES[name]
        if page is not self.page:
            self._top = self._left = 0
        self.page, self.title_word = page, page.title
        self._problem = ""
        self._heard = -1
        history = self.state.snapshot.history if self.state.snapshot else []
        live = next((past.number for past in history if past.live), None)
        first = history[0].number if history else 0
        self.state.entry = (first if live is None else live) if name == "history" else None
        try:
            asked = page.asks(self.state)
        except NotNow as reason:
            self._founds, self._problem = None, str(reason)
            return
        self._founds = None if asked else []
        if asked:
            self._load(asked)

    @property
    def looking(self) -> bool:
        """Whether an answer is still to come."""
        return self._founds is None and not self._problem

    def leave(self) -> None:
        self.state.entry = None
        if self._loading is not None:
            self._loading.cancel()

    def _load(self, asked: list[tuple[str, dict[str, Any]]]) -> None:
        if self._loading is not None:
            self._loading.cancel()
        # A function, not a coroutine: a page may be turned before its looking has begun.
        fetch = partial(self._fetch, self.page, asked)
        self._loading = self.app.run_worker(fetch, exit_on_error=False)

    async def _fetch(self, page: Page, asked: list[tuple[str, dict[str, Any]]]) -> None:
        founds: list[dict[str, Any]] = []
        problem = ""
        try:
            for what, params in asked:
                if what == "messages":
                    founds.append({"messages": await self.state.messages(True)})
                else:
                    founds.append(await self.state.look(what, params))
        except OperatorError as error:
            problem = clean(error.sentence())
        except LOST:
            problem = f"Nothing can be looked at: {GONE}."
        if page is not self.page:
            return
        self._founds, self._problem = founds, problem
        super().show()

    def show(self) -> None:
        """Messages are fetched again when there are new ones."""
        snapshot = self.state.snapshot
        if self.page.name == "notices" and snapshot is not None and self.is_current:
            busy = self._loading is not None and self._loading.is_running
            if snapshot.messages != self._heard and not busy:
                self._heard = snapshot.messages
                self._load(self.page.asks(self.state))
        super().show()

    def body(self, width: int, height: int) -> list[Row]:
        self._height = height
        rows, at = self._build(width)
        self._rows = rows
        if self.page.name == "history":
            self._top = max(min(self._top, at), at - height + 1)
        self._top = max(0, min(self._top, len(rows) - height))
        return [scrolled(row, self._left, width) for row in rows[self._top : self._top + height]]

    def _build(self, width: int) -> tuple[list[Row], int]:
        if self._problem:
            return [[], [("  " + self._problem, "warn")]], 0
        if self._founds is None:
            return [[], [("  Looking ...", "dim")]], 0
        return self.page.rows(self.state, self._founds, width)

    def foot(self, width: int) -> list[Row]:
        return header.page_footer(self.page.footer, self.state, width)

    def moved(self, name: str) -> bool:
        page = max(1, self._height - 1)
        last = max(0, len(self._rows) - self._height)
        by = {"down": 1, "up": -1, "page_down": page, "page_up": -page, "first": -last}
        by["last"] = last
        if name in ("left", "right"):
            widest = max((width_of(row) for row in self._rows), default=0)
            most = max(0, widest - self.size.width)
            before = self._left
            self._left = max(0, min(before + (_STEP if name == "right" else -_STEP), most))
            return self._left != before
        if name not in by:
            return False
        if self.page.name == "history":
            return self._choose(by[name])
        before = self._top
        self._top = max(0, min(before + by[name], last))
        return self._top != before

    def _choose(self, by: int) -> bool:
        """Move the choice in the history."""
        snapshot = self.state.snapshot
        numbers = [past.number for past in snapshot.history] if snapshot else []
        chosen = self.state.chosen_entry()
        if chosen is None:
            return False
        place = numbers.index(chosen.number)
        there = max(0, min(place + by, len(numbers) - 1))
        self.state.entry = numbers[there]
        return there != place

    def copied(self) -> str:
        """All of the page, not only what is seen of it."""
        if self.page.copied is not None and self._founds:
            return self.page.copied(self._founds)
        rows, _ = self._build(self.size.width)
        return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)
