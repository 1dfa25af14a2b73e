"""What a new snapshot tells: once each, in the line where results are read."""

from __future__ import annotations

from rovertui.snapshot import Snapshot
from rovertui.ui import job_view, words
from rovertui.ui.state import State


class News:
    """Compares each snapshot with the one before."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._notices: list[str] = []

    def tell(self, snapshot: Snapshot, state: State) -> None:
        """Say what is new in ``snapshot``: a notice, a job that ended."""
        if snapshot.notices and snapshot.notices != self._notices:
            state.say(snapshot.notices[-1], "warn")
        self._notices = list(snapshot.notices)
        for job in snapshot.jobs:
            if job.id in self._running and job.state not in words.ACTIVE:
                state.say(*words.job_sentence(job))
                if made := job_view.made(job):
                    # What a job has made becomes the selected model.
                    state.model, state.side = made, "here"
        self._running = {job.id for job in snapshot.jobs if job.state in words.ACTIVE}
