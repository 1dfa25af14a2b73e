"""Running the `ros2` program, which needs the setup files sourced first."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

from rovertui.files import at_home
from rovertui.text import clean

LIMIT_S = 20.0
_LONGEST_OUTPUT = 64 << 10
# The setup files are shell scripts of ROS; our own words are passed as arguments, never parsed.
_SCRIPT = 'while [ "$1" != -- ]; do . "$1" || exit 97; shift; done; shift; exec "$@"'


def sourced(command: list[str], setup_files: list[str]) -> list[str]:
    """``command`` run by bash after sourcing ``setup_files``; ``~`` is the home directory."""
    files = [str(at_home(name)) for name in setup_files]
    return ["bash", "-c", _SCRIPT, "bash", *files, "--", *command]


def run(command: list[str], setup_files: list[str], limit: float = LIMIT_S) -> str:
    """Run to its end; why it failed, in words, or empty for success."""
    missing = [name for name in setup_files if not at_home(name).is_file()]
    if missing:
        return f"there is no setup file {clean(missing[0], 200)}"
    try:
        process = subprocess.Popen(
            sourced(command, setup_files),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        return f"bash cannot be started: {error.strerror}"
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        return f"{clean(command[0], 60)} did not answer within {limit:.0f} s"
    if process.returncode == 0:
        return ""
    lines = output[-_LONGEST_OUTPUT:].decode(errors="replace").strip().splitlines()
    words = clean(lines[-1], 200) if lines else f"status {process.returncode}"
    return f"{clean(command[0], 60)} failed: {words}"
