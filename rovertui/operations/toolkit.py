"""The toolkit's own environment: where it lies, whether it is whole, making it.

rknn-toolkit2 forbids NumPy 2 and brings several gigabytes, so it gets a virtual environment
in the user's cache, named by its pins and shared by all workspaces. It is made under another
name and renamed once an import has proved it: whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from rovertui.called import called
from rovertui.errors import OperatorError
from rovertui.files import at_home, private_file
from rovertui.operations.program import run_program
from rovertui.reporter import Reporter
from rovertui.snapshot import ToolkitView
from rovertui.text import size
from rovertui.workspace import cache

NEEDED = {"x86_64": 9_000_000_000, "aarch64": 3_000_000_000}
"""Free bytes asked for: what pip downloads and unpacks side by side, rounded up."""

STAGES = ["prepare", "download", "unpack", "prove"]
_PROOF = "from rknn.api import RKNN; RKNN(verbose=False)"
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)\s*(?:;\s*(.*))?$")


def pins() -> str:
    """The pinned requirements of the toolkit's environment."""
    return resources.files("rovertui").joinpath("pins/toolkit.txt").read_text(encoding="utf-8")


def home() -> Path:
    """Where the environment for this Python, machine and these pins lies, made or not.

    ``ROVERTUI_TOOLKIT`` names another directory.
    """
    if given := os.environ.get("ROVERTUI_TOOLKIT"):
        return Path(given)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(f"{pins()}\n{version}\n{platform.machine()}".encode()).hexdigest()[:16]
    return cache() / "toolkit" / f"{version}-{key}"


def python(configured: str = "") -> Path | None:
    """The Python that has the toolkit: the configured one, or ours when it is made."""
    if configured:
        return at_home(configured)
    found = home() / "bin" / "python"
    return found if found.exists() else None


def require(configured: str = "") -> Path:
    """Like :func:`python`, refusing in words where there is none."""
    found = python(configured)
    if found is None:
        raise OperatorError(
            "rknn-toolkit2 is not installed here.",
            hint=f"Install it with `{called()} toolkit install`, or press T.",
            code="no-toolkit",
        )
    if not os.access(found, os.X_OK):
        raise OperatorError(
            f"conversion.python: expected a Python program, found nothing to run at {found}.",
            hint="Correct it in config.toml, or leave it empty.",
            code="no-toolkit",
        )
    return found


def view(configured: str = "") -> ToolkitView:
    found = python(configured)
    if found is None:
        return ToolkitView(state="missing", text="rknn-toolkit2 is not installed")
    return ToolkitView(state="ready", text=f"rknn-toolkit2 in {found.parent.parent}")


def install(reporter: Reporter, wheels: Path | None = None) -> Path:
    """Make the environment, unless it is there; returns its Python.

    Args:
        reporter: gets the stages of ``STAGES`` and pip's output.
        wheels: a directory of wheels to install from, without any network.

    Raises:
        OperatorError: no Python that the toolkit runs on, disk too small, pip's own last words.
    """
    target = home()
    reporter.stage("prepare")
    if not (3, 10) <= sys.version_info[:2] <= (3, 12):
        raise OperatorError(
            f"rknn-toolkit2 needs Python 3.10 to 3.12; this is {platform.python_version()}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent / ".lock", reporter):
        if (target / "bin" / "python").exists():
            reporter.log(f"already there: {target}")
            return target / "bin" / "python"
        for left in target.parent.glob("*.part"):
            shutil.rmtree(left, ignore_errors=True)
        _check_disk(target.parent)
        part = target.with_name(target.name + ".part")
        try:
            _make(part, wheels, reporter)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        part.rename(target)
    return target / "bin" / "python"


@contextlib.contextmanager
def _alone(path: Path, reporter: Reporter) -> Iterator[None]:
    """Wait until no other workspace makes the same environment."""
    handle = private_file(path)
    told = False
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    reporter.log("another rovertui is installing it; waiting")
                    told = True
                reporter.check()
                time.sleep(0.2)
        yield
    finally:
        os.close(handle)


def _check_disk(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    needed = NEEDED.get(platform.machine(), NEEDED["x86_64"])
    if free < needed:
        raise OperatorError(
            f"{directory}: the toolkit needs {size(needed)} free, {size(free)} are.",
            hint="Free some space, or set XDG_CACHE_HOME to a larger disk.",
        )


def _make(part: Path, wheels: Path | None, reporter: Reporter) -> None:
    run_program([sys.executable, "-m", "venv", str(part)], reporter)
    listed = part / "pins.txt"
    listed.write_text(pins(), encoding="utf-8")
    total = _wanted_here()
    reporter.stage("download", f"{total} packages")
    command = [str(part / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", "--no-compile", "--only-binary", ":all:"]
    command += ["--progress-bar", "off"]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels.resolve())]
    progress = _Progress(part, total, reporter)
    run_program([*command, "-r", str(listed)], reporter, progress.line, progress.tick)
    reporter.stage("prove", "importing rknn-toolkit2")
    run_program([str(part / "bin" / "python"), "-I", "-c", _PROOF], reporter)


def _wanted_here() -> int:
    """How many of the pins hold on this machine, roughly: markers name machine and Python."""
    count = 0
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for line in pins().splitlines():
        match = _NAME.match(line.strip())
        if match is None:
            continue
        marker = match[3] or ""
        if "win32" in marker or ("x86_64" in marker and platform.machine() != "x86_64"):
            continue
        wanted = re.search(r"python_full_version (<|>=|==) '([\d.]+)", marker)
        if wanted and not _holds(version, wanted[1], wanted[2].rstrip(".")):
            continue
        count += 1
    return count


def _holds(version: str, relation: str, other: str) -> bool:
    ours, theirs = (tuple(int(part) for part in text.split(".")[:2]) for text in (version, other))
    return {"<": ours < theirs, ">=": ours >= theirs, "==": ours == theirs}[relation]


class _Progress:
    """Counts packages: named by pip while it downloads, on disk while it unpacks."""

    def __init__(self, part: Path, total: int, reporter: Reporter) -> None:
        self._part = part
        self._total = total
        self._reporter = reporter
        self._seen = 0
        self._unpacking = False

    def line(self, text: str) -> None:
        if text.startswith("Collecting "):
            self._seen += 1
            name = text.split()[1].partition("==")[0]
            self._reporter.progress(min(self._seen, self._total), self._total, name)
        elif text.startswith("Installing collected packages"):
            self._unpacking = True
            self._reporter.stage("unpack", f"{self._total} packages")

    def tick(self) -> None:
        if self._unpacking:
            done = sum(1 for _ in self._part.glob("lib/python*/site-packages/*.dist-info"))
            self._reporter.progress(min(done, self._total), self._total)
