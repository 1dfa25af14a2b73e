"""A child's group dies with its parent, whatever the parent dies of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from rovertui.processes import Lifeline, end_group, is_running, name_of

_PARENT = """
import subprocess, sys, time
from rovertui.processes import Lifeline
line = Lifeline()
child = subprocess.Popen(
    ["sh", "-c", "sleep 100 & echo $!; exec sleep 100"],
    pass_fds=[line.reader], start_new_session=True, stdout=subprocess.PIPE, text=True)
line.tie(child.pid)
print(child.pid, child.stdout.readline().strip(), flush=True)
time.sleep(100)
"""


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if name_of(pid) is None:
            return True
        time.sleep(0.01)
    return False


def test_killing_the_parent_kills_child_and_grandchild() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    child, grandchild = (int(word) for word in parent.stdout.readline().split())
    assert name_of(child) is not None
    assert name_of(grandchild) is not None
    parent.kill()
    parent.wait()
    assert gone(child)
    assert gone(grandchild)


def test_closing_the_lifeline_ends_the_group() -> None:
    line = Lifeline()
    child = subprocess.Popen(["sleep", "100"], pass_fds=[line.reader], start_new_session=True)
    line.tie(child.pid)
    line.close()
    assert child.wait(10) == -signal.SIGKILL


def test_a_process_that_took_over_the_number_is_not_ours() -> None:
    child = subprocess.Popen(["sleep", "100"], start_new_session=True)
    try:
        name = name_of(child.pid)
        assert name is not None
        assert is_running(name)
        other = msgspec.structs.replace(name, started=name.started - 1)
        assert not end_group(other)
        another_boot = msgspec.structs.replace(name, boot="another")
        assert not end_group(another_boot)
        assert child.poll() is None
        assert end_group(name)
        assert child.wait(10) == -signal.SIGKILL
        assert not end_group(name)
    finally:
        child.kill()
        child.wait()
