"""Program that runs on another rover: looks at its models, or puts one into service there.

It is sent over SSH and run by that rover's Python, so it needs the standard library alone. One
process does the whole switch, under the lock that rovertui itself takes there: a line that breaks
meanwhile changes nothing. The layout is that of `rovertui.deployment.switch` and `entry`.

    python3 -I - JOB    JOB is JSON in base64; the answer is one line behind ``rovertui-answer``.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Value = dict[str, Any]

MARK = "rovertui-answer "
NUMBER = re.compile(r"\d{4,}")
SUCCESS = re.compile(r"\bsuccess\s*[=:]\s*(true|false)", re.IGNORECASE)


class Refusal(Exception):
    """One sentence; nothing was changed, or what was live is live again."""


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """A file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync(path.parent)


def lead(path: Path, target: str) -> None:
    """A link replaced in one step."""
    if path.is_symlink() and str(path.readlink()) == target:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    sync(path.parent)


def load(path: Path) -> Value | None:
    try:
        with path.open("rb") as stream:
            value = json.loads(stream.read(1 << 22))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def run(words: list[str], limit: float, directory: str) -> tuple[int | None, str]:
    """Exit status (None: not started or out of time) and output of a command."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            cwd=directory or None,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {limit:g} s"
    except OSError as error:
        return None, f"{words[0]}: {error.strerror}"
    return done.returncode, done.stdout.decode(errors="replace")[-4000:]


class Models:
    """The models directory of this rover."""

    def __init__(self, job: Value) -> None:
        self.job = job
        self.root = Path(job["models"]).expanduser().resolve()
        self.shelf = self.root / "deployed"
        self.link = self.root / job["link"]
        self.sheet = self.link.with_suffix(".json")
        self.pivot = self.root / "current"

    def numbers(self) -> list[int]:
        if not self.shelf.is_dir():
            return []
        return sorted(int(p.name) for p in self.shelf.iterdir() if NUMBER.fullmatch(p.name))

    def directory(self, number: int) -> Path:
        return self.shelf / f"{number:04d}"

    def entry(self, number: int) -> Value:
        return load(self.directory(number) / "entry.json") or {}

    def current(self) -> int | None:
        try:
            parent, _, name = str(self.pivot.readlink()).rpartition("/")
        except OSError:
            return None
        return int(name) if parent == "deployed" and NUMBER.fullmatch(name) else None

    def live(self) -> tuple[int | None, str]:
        """(number or None, hash); a number only where the link holds what that entry says."""
        if not self.link.is_file():
            return None, ""
        found, number = sha256(self.link), self.current()
        kept = number is not None and self.entry(number).get("sha256") == found
        return (number if kept else None), found

    def switch(self, number: int) -> None:
        lead(self.pivot, f"deployed/{number:04d}")
        if self.sheet.is_file() and not self.sheet.is_symlink():
            aside = self.shelf / "replaced"
            aside.mkdir(exist_ok=True)
            write(
                aside / time.strftime(f"%Y%m%dT%H%M%S_{self.sheet.name}"), self.sheet.read_bytes()
            )
        lead(self.sheet, "current/sheet.json")
        lead(self.link, "current/model.rknn")

    def keep(self, entry: Value, rknn: Path, sheet: Path | None) -> None:
        """Make an entry's directory as a whole, from copies."""
        final = self.directory(entry["number"])
        making = self.shelf / f".{final.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for source, ending, name in ((rknn, "rknn", "model.rknn"), (sheet, "json", "sheet.json")):
            if source is None:
                continue
            # These names belong to the links beside it.
            taken = entry["name"] in ("model", "sheet", "entry", "outcome")
            stored = making / f"{entry['name']}{'_' * taken}.{ending}"
            write(stored, source.read_bytes())
            (making / name).symlink_to(stored.name)
        if sha256(making / "model.rknn") != entry["sha256"]:
            shutil.rmtree(making)
            raise Refusal("the model changed while it was copied there")
        write(making / "entry.json", json.dumps(entry, indent=2).encode() + b"\n")
        making.rename(final)
        sync(self.shelf)

    def adopt(self) -> int | None:
        """The entry that is live; somebody else's model is kept first."""
        number, found = self.live()
        if number is not None or not found:
            return number
        source = self.link.resolve()
        name, kept = source.stem, max(self.numbers(), default=-1) + 1
        entry = {
            "number": kept,
            "name": name,
            "checkpoint": name,
            "precision": "unknown",
            "sha256": found,
            "when": time.time(),
            "before": self.current(),
            "ours": False,
            "origin": str(source),
        }
        bound = (load(self.sheet) or {}).get("rknn_sha256") == found
        self.keep(entry, source, self.sheet if bound else None)
        self.switch(kept)
        return kept

    def note(self, number: int, state: str, text: str, warning: bool = False) -> Value:
        outcome = {"state": state, "text": text, "when": time.time(), "warning": warning}
        data = json.dumps(outcome, indent=2).encode() + b"\n"
        write(self.directory(number) / "outcome.json", data)
        return outcome


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refusal("another deployment is running there") from None
    finally:
        os.close(handle)


def look(models: Models) -> Value:
    job = models.job
    if not models.root.is_dir():
        raise Refusal(f"there is no directory {models.root}")
    number, found = models.live()
    entry, outcome = {}, None
    if number is not None:
        entry = models.entry(number)
        outcome = load(models.directory(number) / "outcome.json")
    answer = {
        "root": str(models.root),
        "live_sha256": found,
        "entry": entry,
        "outcome": outcome or {},
        "sheet": load(models.sheet) if found else None,
        "free": shutil.disk_usage(models.root).free,
        "target": "",
        "runtime": "",
        "config": "",
    }
    with contextlib.suppress(OSError):
        chips = Path("/proc/device-tree/compatible").read_bytes()
        answer["target"] = chips.decode(errors="replace").replace("\0", " ")
    if job["runtime_command"]:
        answer["runtime"] = run(job["runtime_command"], 10, job["directory"])[1]
    if job["config"]:
        answer["config"] = Path(job["config"]).expanduser().read_text(encoding="utf-8")
    return answer


def incoming(models: Models) -> Value:
    """A directory for the files to come; what an earlier attempt left goes first."""
    models.shelf.mkdir(parents=True, exist_ok=True)
    with alone(models.root):
        for left in models.shelf.glob(".incoming-*"):
            shutil.rmtree(left)
    path = models.shelf / f".incoming-{models.job['keep']}"
    path.mkdir(mode=0o700)
    return {"path": str(path)}


def deploy(models: Models) -> Value:
    job = models.job
    path = models.shelf / f".incoming-{job['keep']}"
    rknn, sheet = path / "model", path / "sheet"
    try:
        with alone(models.root):
            for name, expected in ((rknn, job["entry"]["sha256"]), (sheet, job["sheet_sha256"])):
                if sha256(name) != expected:
                    raise Refusal("what arrived there is not what was sent")
            return put_into_service(models, rknn, sheet)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def put_into_service(models: Models, rknn: Path, sheet: Path) -> Value:
    job = models.job
    before = models.adopt()
    present = None
    if job["present_command"]:
        present = run(job["present_command"], 10, job["directory"])[0] == 0
    number = max(models.numbers(), default=0) + 1
    entry = {**job["entry"], "number": number, "when": time.time(), "before": before}
    models.keep(entry, rknn, sheet)
    if job["stop_command"]:
        status, said = run(job["stop_command"], 10, job["directory"])
        if status != 0:
            shutil.rmtree(models.directory(number))
            raise Refusal(f"it could not be stopped first ({said.strip()[-200:]})")
    models.switch(number)
    previous = models.entry(before).get("name", "") if before is not None else ""
    answer = {"entry": number, "previous": previous}
    if present is False:
        text = "no node runs there; it loads the model when it starts"
        return {**answer, **models.note(number, "next start", text)}
    if not job["reload_command"]:
        text = "the node there loads the model when it starts"
        return {**answer, **models.note(number, "next start", text, present is True)}
    heard = Ear(job["commands"])
    trouble = reload(job)
    if not trouble:
        good, text = heard.listen(job["confirm"])
        if good is not None:
            return {**answer, **models.note(number, "seen" if good else "believed", text, not good)}
        trouble = text
    return put_back(models, number, before, trouble)


def put_back(models: Models, number: int, before: int | None, trouble: str) -> Value:
    if before is None:
        for path in (models.link, models.sheet, models.pivot):
            path.unlink()
        shutil.rmtree(models.directory(number))
        raise Refusal(f"its node did not take it: {trouble}. Nothing was live before")
    models.switch(before)
    shutil.rmtree(models.directory(number))
    again = reload(models.job)
    told = "the node took it again" if not again else f"the node may run no model ({again})"
    models.note(before, "next start" if again else "believed", f"put back; {told}", bool(again))
    name = models.entry(before).get("name", "the model before")
    raise Refusal(f"its node did not take it: {trouble}. {name} is live again there; {told}")


def reload(job: Value) -> str:
    """Why the node did not take the model; nothing when it did."""
    status, said = run(job["reload_command"], job["reload_timeout"], job["directory"])
    words = SUCCESS.findall(said)
    last = " ".join(said.split())[-200:]
    if status is None or (words and words[-1].lower() == "false"):
        return last or "it refused"
    return "" if status == 0 else f"the reload command ended with {status}: {last}"


class Ear:
    """Wheel commands, where there is an address and this Python has pyzmq."""

    def __init__(self, address: str) -> None:
        self.socket: Any = None
        self.why = "" if address else "its commands cannot be heard from there"
        if not address:
            return
        try:
            import zmq
        except ImportError:
            self.why = "its commands cannot be heard: that Python has no pyzmq"
            return
        self.socket = zmq.Context().socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.connect(address)

    def listen(self, seconds: float) -> tuple[bool | None, str]:
        """(good, text); None for good where a command was no number."""
        if self.socket is None:
            return False, f"it answered success; {self.why}"
        while self.socket.poll(30):
            self.socket.recv()
        heard: list[tuple[float, float]] = []
        end = time.monotonic() + seconds
        while len(heard) < 10 or len(set(heard)) < 2:
            left = end - time.monotonic()
            if left <= 0 or not self.socket.poll(int(left * 1000)):
                break
            with contextlib.suppress(ValueError, TypeError, KeyError):
                value = json.loads(self.socket.recv())
                heard.append((float(value["linear"]), float(value["angular"])))
                if not all(map(math.isfinite, heard[-1])):
                    return None, "it answered success, but commands what is not a number"
        if len(heard) >= 10 and len(set(heard)) > 1:
            return True, f"{len(heard)} commands heard there, finite and changing"
        what = "all the same" if len(heard) > 1 and len(set(heard)) == 1 else f"only {len(heard)}"
        return False, f"it answered, but its commands in {seconds:g} s: {what}"


def main() -> None:
    # The line may go while we are half through: then there is no one to tell, no more.
    for number in (signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    job = json.loads(base64.b64decode(sys.argv[1]))
    try:
        deed = {"look": look, "incoming": incoming, "deploy": deploy}[job["do"]]
        answer = deed(Models(job))
    except Refusal as refusal:
        answer = {"refused": str(refusal)}
    except OSError as error:
        answer = {"refused": f"{error.strerror}: {error.filename}"}
    with contextlib.suppress(OSError):
        sys.stdout.write("\n" + MARK + json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
