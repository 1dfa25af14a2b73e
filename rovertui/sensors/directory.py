"""The collector's directory as a source: what appears there is taken over by copy."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.reading import contents
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.npz import LARGEST, Unreadable, arrays_of
from rovertui.sensors.taken import Taken
from rovertui.text import clean

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
_AGAIN_AFTER_S = 5.0
_MAY_STILL_GROW_S = 2.0
_QUIET_INTERVALS = 2

Signature = tuple[int, int, int]


@dataclass(slots=True)
class _File:
    """One name in the directory: its present contents' signature and what became of them."""

    signature: Signature
    since: float
    state: str = "new"
    again_at: float = 0.0


class DirectorySource:
    """Frames from ``.npz`` files that another program writes, each offered until it is settled.

    A file is read when two looks 0.2 s apart found it the same. Nothing is written or removed
    in that directory.

    Args:
        path: the collector's directory; need not exist.
        taken: contents that were taken over before.
        interval: seconds between two of its files.
        switching: tells the node to save or not; returns why that failed, or empty.
    """

    def __init__(
        self,
        path: Path,
        taken: Taken,
        interval: float,
        switching: Callable[[bool], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.path = path
        self._taken = taken
        self._interval = interval
        self._switching = switching
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._files: dict[str, _File] = {}
        self._there: int | None = None
        self._lock = threading.Lock()
        self._news: deque[str] = deque(maxlen=20)
        self._on = False
        self._since = clock()
        self._looked = float("-inf")
        self._began = wall()
        self._stretch = (0.0, 0.0)
        self._again_said = float("-inf")
        self.facts = SourceFacts(
            kind="directory",
            text="collector (its directory)",
            simulated=False,
            every=interval,
            details={"directory": clean(str(path), 200)},
        )

    def read(self, timeout: float) -> Frame | None:
        """The next new file's arrays, or None when there is none within ``timeout`` seconds."""
        wait = self._looked + LOOK_EVERY_S - self._clock()
        if wait > 0:
            self._sleep(min(wait, timeout))
            if wait > timeout:
                return None
        self._looked = self._clock()
        self._look()
        return self._next()

    def _look(self) -> None:
        if self._there is not None and os.fstat(self._there).st_nlink == 0:
            self._say_removed()
            self.close()
            with self._lock:
                self._files.clear()
        try:
            if self._there is None:
                # Held open, so that a directory of the same name is known to be another one.
                self._there = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            found = {}
            with os.scandir(self._there) as listing:
                for entry in listing:
                    if entry.name.endswith(".npz") and not entry.name.startswith("."):
                        with contextlib.suppress(FileNotFoundError):
                            found[entry.name] = entry.stat()
        except OSError:
            return
        now = self._clock()
        with self._lock:
            for name in self._files.keys() - found.keys():
                del self._files[name]
            for name, stat in found.items():
                signature = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
                known = self._files.get(name)
                if known is None:
                    self._files[name] = _File(signature, now)
                elif known.signature != signature:
                    if known.state == "done":
                        self._say_again(name, now)
                    self._files[name] = _File(signature, now)

    def _say_removed(self) -> None:
        self._news.append(
            "The collector's directory was removed, as happens when it starts; "
            f"the {len(self._taken)} samples taken over from it are safe here."
        )

    def _say_again(self, name: str, now: float) -> None:
        if now - self._again_said > 2 * self._interval:
            self._news.append(
                f"The collector counts from {clean(name, 60)} again and overwrites its files; "
                "the earlier samples were taken over and are kept."
            )
        self._again_said = now

    def _next(self) -> Frame | None:
        now = self._clock()
        with self._lock:
            ready = [
                (file.signature[1], name, file)
                for name, file in self._files.items()
                if file.state == "new"
                and now - file.since >= LOOK_EVERY_S * 0.9
                and now >= file.again_at
            ]
        for _, name, file in sorted(ready, key=lambda item: item[:2]):
            frame = self._open(name, file, now)
            if frame is not None:
                return frame
        return None

    def _open(self, name: str, file: _File, now: float) -> Frame | None:
        path = self.path / name
        try:
            data = contents(path, LARGEST)
            after = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            file.state = "done"
            why = clean(error.strerror or str(error), 80)
            self._news.append(f"{clean(name, 60)} of the collector is left out: {why}.")
            return None
        if (after.st_size, after.st_mtime_ns, after.st_ino) != file.signature:
            return None
        digest = hashlib.sha256(data).hexdigest()
        if digest in self._taken:
            file.state = "done"
            return None
        try:
            arrays = arrays_of(data)
        except Unreadable as error:
            if now - file.since >= _MAY_STILL_GROW_S:
                file.state = "done"
                self._news.append(f"{clean(name, 60)} of the collector is left out: {error}.")
            else:
                file.again_at = now + LOOK_EVERY_S
            return None
        file.state = "offered"
        self._since = now
        stamp = file.signature[1] / 1e9

        def settle(settled: bool) -> None:
            if settled:
                self._taken.add(digest)
            with self._lock:
                file.state = "done" if settled else "new" if self._on else "shown"
                file.again_at = self._clock() + _AGAIN_AFTER_S

        return Frame(
            stamp=stamp,
            received=now,
            arrays=arrays,
            settle=settle,
            session=self._session(stamp),
        )

    def _session(self, stamp: float) -> str:
        """Files from before this start belong to sessions of their own, by gaps between them."""
        if stamp >= self._began:
            return ""
        first, last = self._stretch
        if not last or not 0 <= stamp - last <= max(60.0, 6 * self._interval):
            first = stamp
        self._stretch = (first, stamp)
        return time.strftime("collector-%Y%m%dT%H%M%S", time.localtime(first))

    def switch(self, on: bool) -> None:
        """Capture was switched: tell the node, and offer again what was only shown."""
        with self._lock:
            self._on = on
            for file in self._files.values():
                if on and file.state == "shown":
                    file.state, file.again_at = "new", 0.0
        self._since = self._clock()
        if self._switching is not None:
            threading.Thread(target=self._tell_node, args=(on,), name="ros2", daemon=True).start()

    def _tell_node(self, on: bool) -> None:
        assert self._switching is not None
        why = self._switching(on)
        if why:
            self._news.append(
                f"The collector could not be told to {'save' if on else 'stop saving'}: {why}."
            )

    def news(self) -> list[str]:
        said = []
        while self._news:
            said.append(self._news.popleft())
        return said

    def trouble(self) -> list[str]:
        """After two intervals without a file while one is wanted: what is known to cause that."""
        if not self._on or self._clock() - self._since <= _QUIET_INTERVALS * self._interval:
            return []
        reasons = [
            "no command has come on cmd_vel_ai, and the collector does nothing before that; "
            "teleoperation publishes on cmd_vel_teleop",
            "the V620 is off or its queue is full: the collector saves only after sending",
            "the collector was started without save_calibration_samples:=true; setting the "
            "parameter later is answered with success and changes nothing",
            "the collector has written all the samples it was asked for (100 unless set)",
            "the inference node runs: then there is no collector",
        ]
        if self._there is None:
            reasons.insert(0, f"there is no directory {clean(str(self.path), 120)}")
        return reasons

    def park(self, parked: bool) -> None:
        raise OperatorError("Only a simulated rover can be told to park.")

    def close(self) -> None:
        if self._there is not None:
            os.close(self._there)
            self._there = None
