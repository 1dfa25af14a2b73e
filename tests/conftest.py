"""What all tests share: real parts or a clear skip, and nothing of the user's home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.operations import toolkit

_TOOLKIT = toolkit.python(os.environ.get("ROVERTUI_TOOLKIT_PYTHON", ""))
_PARTS = {
    "needs_toolkit": (_TOOLKIT is not None, "run `./run toolkit install`"),
    "needs_sshd": (Path("/usr/sbin/sshd").exists(), "apt-get install openssh-server"),
    "needs_tmux": (shutil.which("tmux") is not None, "apt-get install tmux"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (there, how) in _PARTS.items():
        if there or item.get_closest_marker(marker) is None:
            continue
        reason = f"{marker.removeprefix('needs_')} is not here: {how}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def toolkit_python() -> Path:
    """The Python that has the real rknn-toolkit2."""
    assert _TOOLKIT is not None
    return _TOOLKIT


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the tests' own; only the toolkit's environment is the user's."""
    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    patch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
    patch.delenv("SSH_AUTH_SOCK", raising=False)
    if _TOOLKIT is not None:
        patch.setenv("ROVERTUI_TOOLKIT", str(_TOOLKIT.parents[1]))
    yield home
    patch.undo()


@pytest.fixture(autouse=True)
def called_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command with ``-w`` that ran in this process changes no message of another test."""
    monkeypatch.setenv("ROVERTUI_CALLED", "rovertui")
