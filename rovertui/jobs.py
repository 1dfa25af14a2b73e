"""Records of jobs: what was asked, how far it came, every event, across restarts."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import threading
import time
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from rovertui.errors import OperatorError, in_words
from rovertui.files import write_whole
from rovertui.processes import ProcessName
from rovertui.reading import Damaged, json_file
from rovertui.reporter import Event
from rovertui.snapshot import JobView, StageView
from rovertui.text import clean

log = logging.getLogger(__name__)

State = Literal["queued", "running", "waiting", "done", "failed", "cancelled", "interrupted"]
UNFINISHED = ("queued", "running", "waiting")
_NOTHING_DONE = ("already_here", "already_live", "not_begun")
"""Words of a result that say: it ended before the work that takes the time."""
_PROGRESS_EVERY = 0.2
_RANGE = 1000
_MOST_EVENTS = 100_000


class Record(msgspec.Struct, kw_only=True):
    """What is kept of a job in ``job.json``; ``rested`` are its seconds of pause."""

    id: int
    kind: str
    title: str
    params: dict[str, Any] = {}
    state: State = "queued"
    stages: list[StageView] = []
    created: float
    started: float | None = None
    ended: float | None = None
    rested: float = 0.0
    text: str = ""
    hint: str = ""
    result: dict[str, Any] = {}
    child: ProcessName | None = None


class Job:
    """One job. Events may come from any thread; they are on disk before they are counted."""

    def __init__(self, directory: Path, record: Record) -> None:
        self.directory = directory
        self.record = record
        self.done = 0.0
        self.total = 0.0
        self.warnings = 0
        self.left_out = 0
        self.earlier: float | None = None
        self.paused = ""
        self._paused_at: float | None = None
        self._lock = threading.Lock()
        self._last_progress = 0.0
        self._stream: IO[bytes] | None = None
        self._offsets = [0]
        path = directory / "events.jsonl"
        if path.exists():
            self._index(path)

    def _index(self, path: Path) -> None:
        with path.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    self._offsets.append(self._offsets[-1] + len(line))

    @property
    def events(self) -> int:
        """How many whole events there are."""
        return len(self._offsets) - 1

    def save(self) -> None:
        write_whole(self.directory / "job.json", msgspec.json.encode(self.record) + b"\n")

    def emit(self, event: Event) -> None:
        """Append an event, and let stage and progress follow it."""
        now = time.time()
        with self._lock:
            kind = event.get("kind")
            if "text" in event:
                event["text"] = clean(str(event["text"]))
            if kind == "progress":
                self.done, self.total = float(event["done"]), float(event["total"])
                self.record.text = str(event.get("text", "")) or self.record.text
                last = self.total and self.done >= self.total
                if not last and now - self._last_progress < _PROGRESS_EVERY:
                    return
                self._last_progress = now
            elif kind == "stage":
                self._enter(str(event["stage"]), str(event.get("text", "")))
            elif kind == "warning":
                self.warnings += 1
            elif kind == "pause" and not self._pause(now, bool(event["on"]), str(event["text"])):
                return
            if kind != "stage" and self.events >= _MOST_EVENTS:
                if self.events > _MOST_EVENTS:
                    return
                event = {"kind": "warning", "text": "Too much was said: the rest is left out."}
            self._append({"time": round(now, 3), **event})
        if kind == "stage":
            self._save_if_possible()

    def _pause(self, now: float, on: bool, text: str) -> bool:
        """Begin, go on with or end a pause; whether that is an event."""
        changed = on != (self._paused_at is not None)
        if changed and on:
            self._paused_at = now
        elif changed and self._paused_at is not None:
            self.record.rested += now - self._paused_at
            self._paused_at = None
        self.paused = text if on else ""
        return changed

    def _enter(self, name: str, text: str) -> None:
        self._settle("done")
        self.done = self.total = 0.0
        self.record.text = text
        for index, stage in enumerate(self.record.stages):
            if stage.name == name and stage.state == "waiting":
                for passed in self.record.stages[:index]:
                    passed.state = "skipped" if passed.state == "waiting" else passed.state
                stage.state, stage.text = "running", text
                return
        ahead = (i for i, stage in enumerate(self.record.stages) if stage.state == "waiting")
        place = next(ahead, len(self.record.stages))
        self.record.stages.insert(place, StageView(name=name, state="running", text=text))

    def _settle(self, state: Literal["done", "failed", "skipped"], text: str = "") -> None:
        for stage in self.record.stages:
            if stage.state == "running":
                stage.state = state
                stage.text = text or stage.text

    def _append(self, event: Event) -> None:
        """Write one line, whole; on a full disk it is left out and the job goes on."""
        line = json.dumps(event, ensure_ascii=False, default=str).encode() + b"\n"
        try:
            if self._stream is None:
                path = self.directory / "events.jsonl"
                self._stream = path.open("ab", buffering=0)
                os.ftruncate(self._stream.fileno(), self._offsets[-1])
            if self._stream.write(line) == len(line):
                self._offsets.append(self._offsets[-1] + len(line))
                return
            os.ftruncate(self._stream.fileno(), self._offsets[-1])
        except OSError as error:
            if not self.left_out:
                log.warning("job %d: lines of its log are left out: %s", self.record.id, error)
        self.left_out += 1

    def _save_if_possible(self) -> None:
        """Keep the record; on a full disk the one before stays, and the next start says so."""
        try:
            self.save()
        except OSError as error:
            log.warning("job %d: its record cannot be written: %s", self.record.id, error)

    def finish(self, state: State, text: str, *, hint: str = "", result: Any = None) -> None:
        """End the job: the last event says how, the record keeps it."""
        with self._lock:
            if state == "cancelled":
                self._settle("skipped", "cancelled")
            else:
                self._settle(
                    "done" if state == "done" else "failed", "" if state == "done" else text
                )
            for stage in self.record.stages:
                if stage.state == "waiting":
                    stage.state = "skipped"
            self.record.state = state
            self.record.ended = time.time()
            self._pause(self.record.ended, False, "")
            self.record.text, self.record.hint = clean(text), clean(hint)
            self.record.child = None
            if isinstance(result, dict):
                self.record.result = result
            self._append(
                {
                    "time": round(self.record.ended, 3),
                    "kind": "result",
                    "state": state,
                    "text": f"{self.record.text} {self.record.hint}".strip(),
                    "result": self.record.result,
                }
            )
            if self._stream:
                with contextlib.suppress(OSError):
                    os.fsync(self._stream.fileno())
                self._stream.close()
                self._stream = None
        self._save_if_possible()

    def read(self, start: int, count: int) -> tuple[list[Event], int]:
        """Events ``start`` to ``start + count`` (at most 1,000), and how many there are."""
        with self._lock:
            offsets = list(self._offsets)
        total = len(offsets) - 1
        first = max(0, min(start, total))
        last = min(total, first + max(0, min(count, _RANGE)))
        if first == last:
            return [], total
        with (self.directory / "events.jsonl").open("rb") as stream:
            stream.seek(offsets[first])
            block = stream.read(offsets[last] - offsets[first])
        return [_event(line) for line in block.splitlines()], total

    def view(self) -> JobView:
        record = self.record
        started = record.started
        ended = record.ended or time.time()
        with self._lock:
            rested = record.rested + (ended - self._paused_at if self._paused_at else 0.0)
            stages = [StageView(name=s.name, state=s.state, text=s.text) for s in record.stages]
        return JobView(
            id=record.id,
            kind=record.kind,
            title=record.title,
            state=record.state,
            stages=stages,
            done=self.done,
            total=self.total,
            text=f"{record.text} {record.hint}".strip(),
            events=self.events,
            warnings=self.warnings,
            started=started,
            seconds=max(0.0, ended - started - rested) if started else 0.0,
            paused=self.paused,
            earlier=self.earlier,
            result=record.result,
        )


def _event(line: bytes) -> Event:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"kind": "log", "text": clean(repr(line))}


class JobBook:
    """All jobs of a workspace, the newest last; finished ones beyond ``keep`` are forgotten."""

    def __init__(self, directory: Path, keep: int = 100) -> None:
        self.directory = directory
        self.keep = keep
        directory.mkdir(parents=True, exist_ok=True)
        self.jobs: dict[int, Job] = {}
        self.unreadable: list[str] = []
        for path in sorted(directory.iterdir()):
            if path.name.isdecimal():
                self._load(path)

    def _load(self, path: Path) -> None:
        try:
            record = json_file(path / "job.json", Record)
        except (OSError, Damaged) as error:
            self.unreadable.append(f"job record {path.name} cannot be read: {error}")
            return
        self.jobs[record.id] = Job(path, record)

    def new(self, kind: str, title: str, params: dict[str, Any], plan: list[str]) -> Job:
        """Open a record; ``plan`` names the stages that are expected."""
        numbers = [int(path.name) for path in self.directory.iterdir() if path.name.isdecimal()]
        number = max(numbers, default=0) + 1
        directory = self.directory / f"{number:06d}"
        record = Record(
            id=number,
            kind=kind,
            title=clean(title, 200),
            params=params,
            created=time.time(),
            stages=[StageView(name=name, state="waiting") for name in plan],
        )
        job = Job(directory, record)
        job.earlier = self.usual_seconds(kind)
        try:
            directory.mkdir()
            job.save()
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise in_words(error) from None
        self.jobs[number] = job
        self._forget()
        return job

    def usual_seconds(self, kind: str) -> float | None:
        """How long the last such job worked that had work and succeeded; None: first time here."""
        for job in reversed(self.jobs.values()):
            record = job.record
            if any(record.result.get(key) is True for key in _NOTHING_DONE):
                continue
            if record.kind == kind and record.state == "done" and record.started and record.ended:
                return record.ended - record.started - record.rested
        return None

    def _forget(self) -> None:
        finished = [job for job in self.jobs.values() if job.record.state not in UNFINISHED]
        for job in finished[: max(0, len(self.jobs) - self.keep)]:
            for path in sorted(job.directory.iterdir()):
                path.unlink()
            job.directory.rmdir()
            del self.jobs[job.record.id]

    def get(self, number: int) -> Job:
        try:
            return self.jobs[number]
        except KeyError:
            raise OperatorError(f"There is no job {number}.", code="unknown") from None

    def unfinished(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.record.state in UNFINISHED]
