"""What happened between two snapshots, in sentences that are worth reading again."""

from __future__ import annotations

from rovertui.jobs import UNFINISHED
from rovertui.snapshot import JobView, LiveView, MessageLevel, Snapshot
from rovertui.snapshot.words import LIVE
from rovertui.text import clean, duration

Told = tuple[MessageLevel, str]

_JOB_LEVELS: dict[str, MessageLevel] = {
    "done": "good",
    "failed": "bad",
    "cancelled": "",
    "interrupted": "bad",
}


class Happenings:
    """Compares each snapshot with what was known before. The first one tells nothing."""

    def __init__(self) -> None:
        self._sensors = ""
        self._capture = ""
        self._server = ""
        self._live: tuple[str, str] | None = None
        self._dead: set[str] = set()
        self._slowed: set[str] = set()
        self._running: set[int] = set()
        self._ended = -1
        self._asked: set[int] = set()
        self._lost_at = 0.0

    def look(self, now: Snapshot) -> list[Told]:
        """What is different in ``now``."""
        told = [
            *self._of_sensors(now),
            *self._of_capture(now),
            *self._of_server(now),
            *self._of_jobs(now),
            *self._of_live(now.live),
            *self._of_questions(now),
            *self._of_heat(now),
        ]
        return [(level, clean(text)) for level, text in told]

    def _of_sensors(self, now: Snapshot) -> list[Told]:
        stream, before = now.stream, self._sensors
        told: list[Told] = []
        if stream.state in ("stale", "down") and before == "live":
            self._lost_at = now.clock
            why = stream.text or "no frames arrive"
            told.append(("bad", f"Sensors lost: {why}"))
        elif stream.state == "live" and self._lost_at:
            told.append(("good", f"Sensors are back after {duration(now.clock - self._lost_at)}."))
            self._lost_at = 0.0
        if stream.state != "starting" or not before:
            # A recorder that is started again passes through "starting": not back yet.
            self._sensors = stream.state
        new = set(stream.dead) - self._dead
        self._dead |= new
        return told + [("warn", f"Sensor not connected: {name}") for name in sorted(new)]

    def _of_capture(self, now: Snapshot) -> list[Told]:
        capture, before = now.capture, self._capture
        self._capture = capture.state
        if not before or capture.state == before:
            return []
        if capture.state == "stalled":
            why = capture.text or "no samples are written"
            if now.stream.reasons:
                why += f": perhaps {now.stream.reasons[0]}"
            return [("bad", f"Capture stalled: {why}")]
        if capture.state == "complete":
            covered = f"{now.coverage.score:.0f} % covered, " if capture.goal else ""
            said = f"{covered}{capture.kept} samples, {capture.checking} for checking"
            return [("good", f"The set is complete: {said}.")]
        if before == "stalled" and capture.state == "on":
            return [("good", "Capture goes on.")]
        return []

    def _of_server(self, now: Snapshot) -> list[Told]:
        server, before = now.server, self._server
        if server.state not in ("up", "down"):
            return []
        self._server = server.state
        if server.state == before or (not before and server.state == "up"):
            return []
        if server.state == "down":
            return [("warn", f"The V620 cannot be reached: {server.text}")]
        return [("good", "The V620 is reached again.")]

    def _of_jobs(self, now: Snapshot) -> list[Told]:
        first = self._ended < 0
        ended = [job for job in now.jobs if job.state not in UNFINISHED]
        fresh = [
            job for job in ended if job.id in self._running or (not first and job.id > self._ended)
        ]
        self._running = {job.id for job in now.jobs if job.state in UNFINISHED}
        self._ended = max([self._ended, 0, *(job.id for job in ended)])
        return [_end_of(job) for job in fresh]

    def _of_live(self, live: LiveView) -> list[Told]:
        if live.state == "switching":
            return []
        before, self._live = self._live, (live.name, live.state)
        if before is None or before == self._live or live.state == "not ours":
            return []
        if live.state == "none":
            return [("warn", "No model is live any more.")]
        how = LIVE[live.state]
        return [("good", f"{live.name}: {how}. {live.text}".rstrip())]

    def _of_questions(self, now: Snapshot) -> list[Told]:
        asked = {question.id: question for question in now.questions}
        new = sorted(set(asked) - self._asked)
        self._asked = set(asked)
        return [("warn", f"A question is open: {asked[number].text}") for number in new]

    def _of_heat(self, now: Snapshot) -> list[Told]:
        new = set(now.machine.slowed) - self._slowed
        self._slowed |= new
        return [("warn", f"Heat slows down: {name}") for name in sorted(new)]


def _end_of(job: JobView) -> Told:
    word = {"done": "done", "failed": "FAILED", "interrupted": "INTERRUPTED"}
    level = _JOB_LEVELS.get(job.state, "")
    if job.result.get("ready") is True or (job.state == "done" and job.warnings):
        level = "warn"
    warned = f" ({job.warnings} warning{'s' * (job.warnings != 1)}: log of job {job.id})"
    text = f"Job {job.id}, {job.title}: {word.get(job.state, job.state)}. {job.text}".rstrip()
    return level, text + (warned if job.warnings else "")
