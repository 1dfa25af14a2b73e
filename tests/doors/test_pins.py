"""What is installed: exact versions, from wherever the owner's own pip is told to look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "rovertui/pins/toolkit.txt"]


def pins(path: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}


def test_what_is_tested_is_what_is_installed() -> None:
    base, dev = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("base", "dev"))
    assert not base - dev


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_pin_is_one_version_and_no_address(path: Path) -> None:
    assert pins(path)
    for line in pins(path):
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==[^\s;]+( ; .+)?", line), line
        assert "://" not in line and "@" not in line


def test_what_is_installed_by_run_runs_no_script_of_a_package() -> None:
    text = (ROOT / "run").read_text()
    assert "--only-binary :all:" in text
    assert "--index-url" not in text and "--trusted-host" not in text
