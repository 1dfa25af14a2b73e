"""Log: every line of a job, fetched in ranges, followed, searched."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input
from textual.worker import Worker

from rovertui.called import called
from rovertui.errors import OperatorError
from rovertui.snapshot import JobView
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.session import LOST
from rovertui.ui.state import State
from widgets.log_view import BLOCK, LogModel, found_at
from widgets.rows import Row

_SEARCH_RANGE = 1000


class LogScreen(FullScreen):
    title_word = "LOG"
    key_name = "log"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.model = LogModel()
        self._job: int | None = None
        self._fetching: Worker[None] | None = None
        self._searching: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield from super().compose()
        search = Input(
            placeholder="search: small letters find both", id="search", select_on_focus=False
        )
        search.display = False
        yield search

    def body(self, width: int, height: int) -> list[Row]:
        job = self.state.shown_job()
        if job is None:
            return [[], [("  No job has run here yet: x ships, C converts.", "")]]
        self.model.resize(height - 1)
        mode = "following" if self.model.follow else "G follows"
        place = f"{min(self.model.top + height - 1, self.model.total)}/{self.model.total}"
        head: Row = [
            (f" JOB {job.id} ", "title"),
            (clean(job.title or job.kind), "strong"),
            (f"  {job.state}  {place}  {mode}", ""),
        ]
        if self.model.needle:
            head.append((f"  /{self.model.needle}", "found"))
        return [head, *self.model.rows(width)]

    def on_screen_resume(self) -> None:
        """Opened anew, it follows the present job; a box that closes over it changes nothing."""
        if self.state.job is None:
            shown = self.state.shown_job()
            self.state.job = shown.id if shown else None
            self.model.to_end()
        super().on_screen_resume()

    def show(self) -> None:
        job = self.state.shown_job()
        if job is not None:
            self._adopt(job)
        super().show()
        self._fill()

    def _adopt(self, job: JobView) -> None:
        if job.id != self._job:
            self._job = job.id
            self.model = LogModel()
        self.model.grow(job.events)

    def _fill(self) -> None:
        busy = self._fetching is not None and self._fetching.is_running
        if self._job is not None and not busy and self.model.missing() and self.is_current:
            self._fetching = self.run_worker(self._fetch(self._job), exit_on_error=False)

    async def _fetch(self, job: int) -> None:
        """Fetch what the window misses; the window may move meanwhile."""
        while job == self._job and (wanted := self.model.missing()):
            start, count = wanted
            try:
                events, _ = await self.state.fetch(job, start, min(count, BLOCK))
            except LOST:
                return
            if job != self._job:
                return
            if not events:
                return
            self.model.supply(start, [words.event_line(event) for event in events])
            super().show()

    def copied(self) -> str:
        """The lines that are seen, each of them whole."""
        return "\n".join(self.model.whole())

    def moved(self, name: str) -> bool:
        if self.state.shown_job() is None and name != "search":
            return False
        model = self.model
        before = (model.top, model.follow, self.state.job)
        page = max(1, model.height - 1)
        steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page}
        if name in steps:
            model.move(steps[name])
        elif name == "first":
            model.to_start()
        elif name == "last":
            model.to_end()
        elif name in ("left", "right"):
            return model.shift(20 if name == "right" else -20, self.size.width)
        elif name == "search":
            self._open_search()
        elif name in ("next", "previous"):
            self._search(1 if name == "next" else -1)
        elif name in ("older", "newer"):
            self._other_job(-1 if name == "older" else 1)
        told = name in ("search", "next", "previous")
        return told or before != (model.top, model.follow, self.state.job)

    def stays(self, name: str) -> str:
        if name == "older" and self._job is not None and self._job > 1:
            return f"Older jobs are not shown here: {called()} log NUMBER prints them."
        if name in ("older", "newer"):
            return f"There is no log of a job {'before' if name == 'older' else 'after'} this one."
        return super().stays(name)

    def _other_job(self, by: int) -> None:
        snapshot = self.state.snapshot
        jobs = sorted(job.id for job in snapshot.jobs) if snapshot else []
        if self._job in jobs:
            place = max(0, min(jobs.index(self._job) + by, len(jobs) - 1))
            self.state.job = jobs[place]

    def _open_search(self) -> None:
        search = self.query_one("#search", Input)
        search.value = ""
        search.display = True
        # At once, the input would take the key that opened it for its first letter.
        self.call_after_refresh(search.focus)

    def _close_search(self) -> None:
        search = self.query_one("#search", Input)
        search.display = False
        self.set_focus(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.model.needle = event.value
        self.model.match = None
        self._close_search()
        self._search(-1 if self.model.follow else 1)

    def close(self) -> bool:
        """What esc closes first: the search, then its marks; False when there was nothing."""
        if self.query_one("#search", Input).display:
            self._close_search()
        elif self.model.needle:
            self.model.needle, self.model.match = "", None
        else:
            return False
        self.show()
        return True

    def leave(self) -> None:
        self.state.job = None

    def _search(self, direction: int) -> None:
        if not self.model.needle or self._job is None:
            self.state.say("Nothing to search for yet: / takes the text.")
            return
        if self._searching is not None:
            self._searching.cancel()
        self._searching = self.run_worker(
            self._find(self._job, self.model.needle, direction), exit_on_error=False
        )

    async def _find(self, job: int, needle: str, direction: int) -> None:
        """Look through the log range by range from the present match on, and once round."""
        model = self.model
        if model.match is not None:
            at = model.match + direction
        else:
            at = model.total - 1 if direction < 0 else model.top
        self.state.say(f"Searching for {needle!r} ...")
        super().show()
        round_it = ""
        try:
            found = await self._scan(job, needle, direction, at)
            if found is None:
                # Once round: the lines on the other side of where it began.
                far = 0 if direction > 0 else model.total - 1
                found = await self._scan(job, needle, direction, far)
                round_it = ", once round" if found is not None else ""
        except LOST:
            self.state.say("The search stopped: daemon gone.", "warn")
        except OperatorError as error:
            self.state.say(clean(error.sentence()), "bad")
        else:
            if found is None:
                self.state.say(f"{needle!r} is in no line of this log.", "warn")
            elif job == self._job:
                line, place = found
                self.state.say(f"{needle!r} in line {line + 1}{round_it}; n next, N previous")
                model.show(line, place + len(needle), self.size.width)
        self.show()

    async def _scan(self, job: int, needle: str, direction: int, at: int) -> tuple[int, int] | None:
        """The line of the next match, and the character at which it begins there."""
        total = self.model.total
        while 0 <= at < total:
            start = at if direction > 0 else max(0, at - _SEARCH_RANGE + 1)
            count = min(_SEARCH_RANGE, total - start) if direction > 0 else at - start + 1
            events, _ = await self.state.fetch(job, start, count)
            hits = [
                (start + offset, place)
                for offset, event in enumerate(events)
                if (place := found_at(words.event_line(event)[0], needle)) >= 0
            ]
            if hits:
                return hits[0] if direction > 0 else hits[-1]
            if not events:
                return None
            at = start + len(events) if direction > 0 else start - 1
        return None
