"""A child ends with its parent, whatever it is doing and however the parent ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rovertui.processes import name_of
from rovertui.worker import lifeline
from tests.waiting import until

CHILD = """
import ctypes, importlib.util, os, subprocess, sys
spec = importlib.util.spec_from_file_location("lifeline", {path!r})
lifeline = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lifeline)
{before}
lifeline.hold(int(sys.argv[1]))
inner = subprocess.Popen(["sleep", "600"])
print(os.getpid(), inner.pid, flush=True)
{busy}
"""
PARENT = """
import os, subprocess, sys, time
reader, writer = os.pipe()
child = subprocess.Popen([sys.executable, "-I", "-c", {child!r}, str(reader)], pass_fds=[reader],
                         start_new_session={session})
os.close(reader)
time.sleep(600)
"""
HOLDS_THE_INTERPRETER = "ctypes.PyDLL(None).sleep(600)"
LETS_GO_OF_IT = "import time; time.sleep(600)"
WITHOUT_THE_KERNEL = "import fcntl; del fcntl.F_SETSIG"


@pytest.mark.parametrize(
    ("busy", "before", "session"),
    [
        (HOLDS_THE_INTERPRETER, "", True),
        (LETS_GO_OF_IT, "", True),
        (LETS_GO_OF_IT, WITHOUT_THE_KERNEL, True),
        (LETS_GO_OF_IT, "", False),
    ],
    ids=["native code", "python", "reading thread only", "not yet a group of its own"],
)
def test_kill_9_of_the_parent_ends_child_and_grandchild(
    busy: str, before: str, session: bool
) -> None:
    path = str(Path(lifeline.__file__))
    child = CHILD.format(path=path, busy=busy, before=before)
    program = PARENT.format(child=child, session=session)
    parent = subprocess.Popen(
        [sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout
    try:
        numbers = [int(word) for word in parent.stdout.readline().split()]
        names = [name_of(number) for number in numbers]
        assert len(names) == 2 and all(names)

        parent.kill()
        parent.wait()

        until(lambda: not any(name and name_of(name.pid) == name for name in names))
    finally:
        parent.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)


def test_a_parent_that_is_gone_already_ends_the_child_at_once() -> None:
    reader, writer = os.pipe()
    child = CHILD.format(path=str(Path(lifeline.__file__)), busy=LETS_GO_OF_IT, before="")
    os.close(writer)
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", child, str(reader)],
        pass_fds=[reader],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(reader)

    assert process.wait(timeout=20) == -signal.SIGKILL


def test_it_needs_nothing_but_the_standard_library() -> None:
    program = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('l', {lifeline.__file__!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "tops = {name.partition('.')[0] for name in sys.modules} - {'__main__', 'l'}\n"
        "print(sorted(tops - set(sys.stdlib_module_names)))"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True
    )

    assert found.stdout.strip() == "[]"


def test_the_worker_imports_nothing_else_of_the_program() -> None:
    for path in Path(lifeline.__file__).parent.glob("*.py"):
        lines = path.read_text().splitlines()
        imports = [line for line in lines if line.strip().startswith(("import ", "from "))]
        assert not [line for line in imports if "rovertui" in line], path.name


def test_conversion_is_imported_without_heavy_libraries() -> None:
    program = (
        "import sys, rovertui.conversion.run\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops & {'numpy', 'onnx', 'onnxruntime', 'rknn', 'torch', 'textual'}))"
    )
    root = Path(lifeline.__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=root
    )

    assert found.stdout.strip() == "[]", found.stderr
