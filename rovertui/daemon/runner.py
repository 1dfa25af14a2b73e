"""Runs jobs in threads: queued by what they need, ended in words whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from rovertui.called import called
from rovertui.errors import Cancelled, OperatorError, in_words
from rovertui.jobs import Job, JobBook
from rovertui.reporter import Event, Reporter

log = logging.getLogger(__name__)

Work = Callable[[Job, Reporter], dict[str, Any]]


class Runner:
    """Starts jobs, one at a time for each thing they need exclusively.

    Needs are taken in alphabetical order, so that two jobs never wait for each other.
    """

    def __init__(self, book: JobBook, on_change: Callable[[], None]) -> None:
        self.book = book
        self._on_change = on_change
        self._locks: dict[str, asyncio.Lock] = {}
        self._reporters: dict[int, Reporter] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(
        self,
        kind: str,
        title: str,
        params: dict[str, Any],
        plan: list[str],
        needs: set[str],
        work: Work,
    ) -> Job:
        job = self.book.new(kind, title, params, plan)
        reporter = Reporter(self._emitter(job))
        self._reporters[job.record.id] = reporter
        task = asyncio.get_running_loop().create_task(self._run(job, reporter, needs, work))
        self._tasks[job.record.id] = task
        self._on_change()
        return job

    def _emitter(self, job: Job) -> Callable[[Event], None]:
        loop = asyncio.get_running_loop()

        def emit(event: Event) -> None:
            job.emit(event)
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._on_change)

        return emit

    async def _run(self, job: Job, reporter: Reporter, needs: set[str], work: Work) -> None:
        number = job.record.id
        try:
            async with contextlib.AsyncExitStack() as stack:
                for need in sorted(needs):
                    lock = self._locks.setdefault(need, asyncio.Lock())
                    await self._take(lock, stack, reporter)
                job.record.state = "running"
                job.record.started = time.time()
                job.save()
                self._on_change()
                result = await asyncio.to_thread(work, job, reporter)
                job.finish("done", str(result.get("text", "")), result=result)
        except (Cancelled, asyncio.CancelledError):
            job.finish("cancelled", "Cancelled; what it had made so far was removed.")
        except OperatorError as error:
            job.finish("failed", error.message, hint=error.hint, result={"code": error.code})
        except OSError as error:
            log.exception("job %d (%s) failed", number, job.record.kind)
            said = in_words(error)
            job.finish("failed", said.message, hint=said.hint, result={"code": said.code})
        except Exception as error:
            log.exception("job %d (%s) failed", number, job.record.kind)
            job.finish(
                "failed",
                f"Something unforeseen went wrong: {type(error).__name__}: {error}.",
                hint=f"The daemon's log has the details (`{called()} log --daemon`).",
                result={"code": "internal"},
            )
        finally:
            self._reporters.pop(number, None)
            self._tasks.pop(number, None)
            self._on_change()

    async def _take(
        self, lock: asyncio.Lock, stack: contextlib.AsyncExitStack, reporter: Reporter
    ) -> None:
        waiting = asyncio.ensure_future(lock.acquire())
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=0.2)
                if not waiting.done():
                    reporter.check()
        except BaseException:
            if not waiting.cancel() and not waiting.cancelled() and waiting.result():
                lock.release()
            raise
        stack.callback(lock.release)

    def running(self, *kinds: str) -> Job | None:
        """An unfinished job of one of these kinds."""
        for number in self._tasks:
            job = self.book.jobs[number]
            if not kinds or job.record.kind in kinds:
                return job
        return None

    def cancel(self, number: int) -> None:
        """Ask a job to stop; it ends as soon as what it does can be left."""
        reporter = self._reporters.get(number)
        if reporter is None:
            raise OperatorError(f"Job {number} is not running.", code="unknown")
        reporter.cancelled.set()

    async def stop(self, patience: float = 10.0) -> None:
        """Cancel everything and wait for it."""
        for reporter in list(self._reporters.values()):
            reporter.cancelled.set()
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
