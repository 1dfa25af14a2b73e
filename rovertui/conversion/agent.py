"""What is sent along to a machine that builds models for us, and run there by its own Python.

Standard library only, Python 3.8 or later; nothing of rovertui is installed there. It takes a job
and its files from standard input into a directory of its own, runs the worker on them, passes on
what that says, and sends back what it made. Then, and however else it ends, the directory goes.

Standard input, which stays open, is the lifeline: at its end, and when no byte has come for a
while, the worker is killed, group and all. When this program itself is killed, the worker's own
lifeline ends it, and the directory is cleared by the next one.

In: a line of JSON (``job``, ``files`` with ``name``, ``size``, ``sha256``, ``scratch``,
``patience``), the files' bytes, then a byte now and then. Out: a line ``BEGIN``, then lines of
JSON: ``there``, the worker's events, ``alive``, ``error``, and last ``ended`` (``code``,
``memory`` ran out, ``files``) with those files' bytes behind it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

BEGIN = "rovertui-agent begins"
PREFIX = "rovertui-convert-"
_BLOCK = 1 << 20
_ALIVE = 1.0
_ABANDONED = 60.0
_OWNER = "owner"
_KEPT = ("PATH", "HOME", "USER", "LANG", "TZ", "LD_LIBRARY_PATH")


class Refused(Exception):
    """What stands against it, in words."""


class Agent:
    """One conversion."""

    def __init__(self) -> None:
        self._input = sys.stdin.buffer
        self._output = os.dup(1)
        # Whatever else prints goes where the toolkit's words go.
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._heard = self._said = time.monotonic()
        self._over = threading.Event()
        self._directory: Path | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def _write(self, data: bytes) -> None:
        with self._lock:
            while data:
                data = data[os.write(self._output, data) :]

    def say(self, **event: Any) -> None:
        self._write(json.dumps(event).encode() + b"\n")

    def run(self) -> None:
        """Everything but clearing up.

        Raises:
            Refused: to be told.
            EOFError, OSError: nobody is there any more.
        """
        self._write(f"\n{BEGIN}\n".encode())
        asked = json.loads(self._input.readline())
        scratch = Path(asked["scratch"]).absolute()
        try:
            directory = self._settle(scratch)
            self.say(
                event="there",
                python=platform.python_version(),
                machine=platform.machine(),
                memory=_free_memory(),
                disk=shutil.disk_usage(scratch).free,
            )
            for file in asked["files"]:
                self._take(directory, file)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = error.filename or scratch
            raise Refused(f"{where} on that machine: {error.strerror}") from None
        self._work(directory, asked["job"], float(asked["patience"]))

    def _settle(self, scratch: Path) -> Path:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_abandoned(scratch)
        self._directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=str(scratch)))
        (self._directory / _OWNER).write_text(f"{os.getpid()} {_started(os.getpid())}")
        return self._directory

    def _take(self, directory: Path, file: dict[str, Any]) -> None:
        path = directory / str(file["name"])
        if ".." in path.parts or directory not in path.parents:
            raise Refused(f"{file['name']} leads out of its directory")
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), int(file["size"])
        with path.open("wb") as stream:
            while left:
                block = self._input.read(min(left, _BLOCK))
                if not block:
                    raise EOFError
                stream.write(block)
                digest.update(block)
                left -= len(block)
        if digest.hexdigest() != file["sha256"]:
            raise Refused(f"{file['name']} arrived damaged")

    def _work(self, directory: Path, job: dict[str, Any], patience: float) -> None:
        out = directory / "out"
        out.mkdir()
        job["scratch"] = str(out)
        job["model"] = str(directory / job["model"])
        for key in ("calibration", "check"):
            job[key] = [str(directory / name) for name in job[key]]
        (directory / "job.json").write_text(json.dumps(job))
        kills = _numbers("/proc/vmstat").get("oom_kill", 0)
        lifeline, held = os.pipe()
        worker = self._worker = subprocess.Popen(
            [
                *(sys.executable, "-I", "-X", "utf8", str(directory / "worker" / "main.py")),
                *("--lifeline", str(lifeline), str(directory / "job.json")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            cwd=str(out),
            env={**{n: os.environ[n] for n in _KEPT if n in os.environ}, "TMPDIR": str(out)},
            pass_fds=[lifeline],
            start_new_session=True,
        )
        os.close(lifeline)
        self._heard = time.monotonic()
        threading.Thread(target=self._listen, daemon=True).start()
        relay = threading.Thread(target=self._relay, args=(worker,), daemon=True)
        relay.start()
        while worker.poll() is None:
            if self._over.wait(0.1) or time.monotonic() - self._heard > patience:
                raise EOFError
            self._alive()
        relay.join(5)
        os.close(held)
        made = sorted(path for path in out.iterdir() if path.is_file())
        found = [_described(path) for path in made] if worker.returncode == 0 else []
        killed = _numbers("/proc/vmstat").get("oom_kill", 0) > kills
        self.say(event="ended", code=worker.returncode, memory=killed, files=found)
        for file in found:
            with (out / file["name"]).open("rb") as stream:
                while block := stream.read(_BLOCK):
                    self._write(block)

    def _alive(self) -> None:
        now = time.monotonic()
        if now - self._said > _ALIVE:
            self._said = now
            self.say(event="alive")

    def _listen(self) -> None:
        while self._input.readline():
            self._heard = time.monotonic()
        self._over.set()

    def _relay(self, worker: subprocess.Popen[bytes]) -> None:
        assert worker.stdout is not None
        with contextlib.suppress(OSError):
            for line in worker.stdout:
                self._write(line if line.endswith(b"\n") else line + b"\n")

    def close(self) -> None:
        """Nothing of it stays."""
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.wait()
        if self._directory is not None:
            shutil.rmtree(str(self._directory), ignore_errors=True)


def _described(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return {"name": path.name, "size": path.stat().st_size, "sha256": digest.hexdigest()}


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def clear_abandoned(scratch: Path) -> None:
    """Remove directories whose programs were killed."""
    for path in scratch.glob(f"{PREFIX}*"):
        try:
            pid, when = (path / _OWNER).read_text().split()
        except (OSError, ValueError):
            # Another one may have made it this moment.
            if time.time() - path.stat().st_mtime < _ABANDONED:
                continue
            pid, when = "0", "unknown"
        if _started(int(pid)) != when:
            shutil.rmtree(str(path), ignore_errors=True)


def _numbers(name: str) -> dict[str, int]:
    try:
        lines = [line.split() for line in Path(name).read_text().splitlines()]
        return {words[0].rstrip(":"): int(words[1]) for words in lines}
    except (OSError, ValueError, IndexError):
        return {}


def _free_memory() -> int | None:
    free = _numbers("/proc/meminfo").get("MemAvailable")
    return None if free is None else free * 1024


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    agent = Agent()
    status = 1
    try:
        agent.run()
        status = 0
    except Refused as refusal:
        agent.say(event="error", message=f"{refusal}.", hint="", code="system", where="")
        agent.say(event="ended", code=1, memory=False, files=[])
    except (EOFError, OSError):
        # Nobody is there any more: there is nobody to tell.
        pass
    finally:
        agent.close()
    os._exit(status)


if __name__ == "__main__":
    main()
