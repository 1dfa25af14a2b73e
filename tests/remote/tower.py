"""The V620 as a place for conversions: a real sshd on loopback, and what they leave on it."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from rovertui.conversion.elsewhere import Elsewhere
from rovertui.remote.ssh import Link
from tests.waiting import until

from .sshd import Sshd


def there(sshd: Sshd, tmp_path: Path, python: Path | str = sys.executable) -> Elsewhere:
    return Elsewhere(
        lambda: Link(sshd.server()), str(python), str(tmp_path / "with space"), "the V620 tower"
    )


def left(tmp_path: Path) -> list[str]:
    """What is there of conversions: processes and directories."""
    place = tmp_path / "with space"
    found = [str(path) for path in place.iterdir()] if place.is_dir() else []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.info["status"] != "zombie" and any(str(place) in word for word in words):
            found.append(" ".join(words))
    return found


def nothing_left(tmp_path: Path) -> None:
    until(lambda: not left(tmp_path), 30)
