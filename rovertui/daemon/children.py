"""Programs the daemon keeps running: started, listened to, restarted, ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rovertui.daemon import logs
from rovertui.daemon.environment import environment
from rovertui.processes import Lifeline, ProcessName, end_group, name_of

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_HEALTHY_AFTER = 20.0
_HINT = 0.3
_LINE_LIMIT = 1 << 20
_LOOKS = 10

Message = dict[str, Any]


class Child:
    """One supervised program speaking JSON lines on standard input and output.

    Args:
        name: what the operator calls it.
        command: program and arguments; ``{lifeline}`` becomes the lifeline's descriptor,
            ``{python}`` the Python that runs this.
        directory: working directory.
        log_path: where its standard error goes.
        on_message: called with each JSON object it writes.
        on_change: called when it starts or ends (``running``, ``restarts``, ``last_words``).
        patience: seconds without a word after which it hangs, and is killed and started again;
            0 where it need not say anything.

    Attributes:
        stopping: it was stopped on purpose and is not started again.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        directory: Path,
        log_path: Path,
        on_message: Callable[[Message], None],
        on_change: Callable[[], None],
        patience: float = 0.0,
    ) -> None:
        self.name = name
        self.command = command
        self.directory = directory
        self.log_path = log_path
        self.on_message = on_message
        self.on_change = on_change
        self.patience = patience
        self.process: asyncio.subprocess.Process | None = None
        self.identity: ProcessName | None = None
        self.restarts = 0
        self.last_words = ""
        self.stopping = False
        self._wake = asyncio.Event()
        self._heard = False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def supervise(self) -> None:
        """Run it until :meth:`stop`; restart it with back-off when it ends by itself."""
        wait = _FIRST_WAIT
        while not self.stopping:
            began = time.monotonic()
            try:
                await self._run_once()
            except OSError as error:
                self.last_words = f"{self.name} cannot be started: {error}"
            if self.stopping:
                return
            if time.monotonic() - began > _HEALTHY_AFTER:
                wait = _FIRST_WAIT
            self.restarts += 1
            log.warning("%s ended (%s); again in %.1f s", self.name, self.last_words, wait)
            self.on_change()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
            self._wake.clear()
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _run_once(self) -> None:
        lifeline = Lifeline()
        try:
            process = await self._start(lifeline)
        except BaseException:
            lifeline.close()
            raise
        self.process = process
        self.identity = name_of(process.pid)
        self.last_words = ""
        self.on_change()
        beside = [asyncio.create_task(logs.kept_short(self.log_path))]
        if self.patience:
            beside.append(asyncio.create_task(self._mind(self.identity)))
        try:
            await self._listen(process)
            code = await process.wait()
            if code:
                self.last_words = self.last_words or _ending(code)
        finally:
            for task in beside:
                task.cancel()
            lifeline.close()
            self.process = self.identity = None

    async def _start(self, lifeline: Lifeline) -> asyncio.subprocess.Process:
        places = {"{lifeline}": str(lifeline.reader), "{python}": sys.executable}
        command = [places.get(part, part) for part in self.command]
        with logs.opened(self.log_path) as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=self.directory,
                env=environment(),
                pass_fds=[lifeline.reader],
                start_new_session=True,
                limit=_LINE_LIMIT,
            )
        lifeline.tie(process.pid)
        return process

    async def _mind(self, identity: ProcessName | None) -> None:
        """Kill it once it has been silent for too long; a start may take three times as long.

        Looks are counted and not seconds: while this process itself was stopped, it heard nothing.
        """
        silent, step, most = 0, self.patience / _LOOKS, 3 * _LOOKS
        while identity and silent < most:
            self._heard = False
            await asyncio.sleep(step)
            silent, most = (0, _LOOKS) if self._heard else (silent + 1, most)
        if identity and not self.stopping and end_group(identity):
            self.last_words = f"it hung: no word for {silent * step:g} s, and was killed"
            log.warning("%s said nothing for %g s and is killed", self.name, silent * step)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                log.warning("%s wrote a line longer than %d bytes", self.name, _LINE_LIMIT)
                continue
            if not line:
                return
            self._heard = True
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                log.info("%s: %r", self.name, line[:500])
                continue
            if isinstance(message, dict):
                if message.get("kind") == "failed":
                    self.last_words = str(message.get("message", ""))
                self.on_message(message)

    def send(self, message: Message) -> None:
        """Write one JSON line to it; without a running child nothing happens."""
        process = self.process
        if process and process.stdin and not process.stdin.is_closing():
            with contextlib.suppress(ConnectionError):
                process.stdin.write(json.dumps(message).encode() + b"\n")

    async def stop(self, grace: float = 3.0) -> None:
        """Close its input, then say SIGTERM; what does not end within ``grace`` is killed."""
        self.stopping = True
        self._wake.set()
        process, identity = self.process, self.identity
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), _HINT)
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), grace)
        except asyncio.TimeoutError:
            log.warning("%s did not end within %.0f s and is killed", self.name, grace)
            if identity:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(identity.pid, 9)


def _ending(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
