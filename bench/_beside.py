"""Other programs in the same terminal and the same run: what is usual, measured the same way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

APPLICATIONS = {"harlequin": ("harlequin", ("--locale", "C"), b"Data Catalog")}
"""Well-known Textual applications: package, options, and what stands on their first screen."""


def htop() -> list[str] | None:
    """htop, from Debian's packages where it is not here and may be installed."""
    if shutil.which("htop") is None and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "htop"], capture_output=True, check=False)
    return ["htop"] if shutil.which("htop") else None


def install(name: str, place: Path) -> Sequence[str]:
    """One of :data:`APPLICATIONS` in an environment of its own, which goes with ``place``."""
    package, options, _ = APPLICATIONS[name]
    venv = place / name
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    subprocess.run([*pip, "--disable-pip-version-check", package], check=True)
    return [str(venv / "bin" / name), *options]
