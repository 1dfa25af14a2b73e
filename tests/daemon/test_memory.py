"""The daemon and its children give memory back, however long they run."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from rovertui.config import Config, Source
from rovertui.daemon.environment import environment
from tests.daemon.rig import Rig
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
ASKS = """
import ctypes, re, sys, threading
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = libc.fclose.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]


class Info(ctypes.Structure):
    NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_int) for name in NAMES.split()]


libc.mallinfo.restype = Info


def apart():
    "Whether a block of six megabytes is a mapping of its own, which goes when it is freed."
    before = libc.mallinfo().hblks
    block = libc.malloc(6 << 20)
    after = libc.mallinfo().hblks
    libc.free(block)
    return after > before


def arenas():
    "How many stores of freed memory six threads make."
    together = threading.Barrier(6)

    def work():
        together.wait()
        block = libc.malloc(500_000)
        together.wait()
        libc.free(block)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream = libc.fopen(sys.argv[1].encode(), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    return open(sys.argv[1]).read().count("<heap ")


libc.free(libc.malloc(24 << 20))
print(apart(), arenas())
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


def answers(tmp_path: Path, env: dict[str, str]) -> list[str]:
    command = [sys.executable, "-c", ASKS, str(tmp_path / "info.xml")]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, check=True
    ).stdout.split()


@glibc
def test_freed_arrays_go_back_to_the_system_and_threads_keep_no_stores_of_their_own(
    tmp_path: Path,
) -> None:
    ours = environment()
    assert answers(tmp_path, ours) == ["True", "1"]
    # By itself the C library keeps both: this test can fail.
    plain = {name: value for name, value in ours.items() if not name.startswith("MALLOC_")}
    large_apart, arenas = answers(tmp_path, plain)
    assert large_apart == "False" and int(arenas) > 1


def limits_of(process: psutil.Process) -> dict[str, str]:
    return {k: v for k, v in process.environ().items() if k.startswith("MALLOC_")}


@pytest.mark.parametrize("how", ["by a client", "in the foreground"])
def test_daemon_and_children_run_so(tmp_path: Path, how: str) -> None:
    rig = Rig(tmp_path, Config(source=Source(kind="simulated")))
    try:
        if how == "by a client":
            daemon = rig.start()
        else:
            words = [sys.executable, "-m", "rovertui", "-w", str(tmp_path), "daemon", "run"]
            daemon = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
            rig.processes.append(daemon)
            until(rig.answers)
        recorder = until(rig.recorder)
        wanted = {k: v for k, v in environment().items() if k.startswith("MALLOC_")}
        assert len(wanted) == 3
        assert limits_of(psutil.Process(daemon.pid)) == limits_of(recorder) == wanted
    finally:
        rig.end()
