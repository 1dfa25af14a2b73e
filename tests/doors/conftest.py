"""A workspace that only our own modes protect, and somebody else on the same machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

STRANGER = 54_321
"""A user number that nobody has: to the kernel one user as any other."""


@pytest.fixture
def open_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that everybody may enter, with a home in it; pytest's own are shut."""
    place = Path(tempfile.mkdtemp(prefix="doors-", dir="/tmp"))
    place.chmod(0o755)
    for name in ("home", "workspace"):
        (place / name).mkdir()
        (place / name).chmod(0o755)
    monkeypatch.setenv("HOME", str(place / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "home" / ".cache"))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def as_stranger() -> Callable[[Callable[[], Any]], Any]:
    """Runs something as another user and gives back its result, which must be plain data."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user: run this one test with sudo")

    def run(work: Callable[[], Any]) -> Any:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(STRANGER, STRANGER, STRANGER)
                os.setresuid(STRANGER, STRANGER, STRANGER)
                os.write(writer, json.dumps(work()).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            told = stream.read()
        os.waitpid(child, 0)
        return json.loads(told)

    return run
