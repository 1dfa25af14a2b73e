"""What a benchmark found, as a section of docs/benchmarks.md."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import _page

ROOT = Path(__file__).parents[1]

FOUND: dict[str, Any] = {
    "name": "pull",
    "goals": [
        {"what": "20 MB, times scp", "goal": "<= 1.0", "measured": 0.976543, "met": True},
        {"what": "200 MB, times scp", "goal": "<= 1.0", "measured": 1.12, "met": False},
    ],
    "figures": {
        "repeats": 7,
        "delay_ms": {
            "direct": {"p50": {"median": 0.5, "low": 0.4, "high": 0.75}, "lost": 0},
            "relay": {"p50": {"median": 0.75, "low": 0.7, "high": 1.5}, "lost": 0},
        },
    },
    "machine": "2 processors.",
}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "benchmarks.md"
    path.write_text(
        "# Measured\n\n<!-- bench summary -->\n<!-- end -->\n\n## Pull\n\nOurs hashes.\n\n"
        "<!-- bench pull -->\nold\n<!-- end -->\n\nWords after.\n"
    )
    return path


def test_goals_and_figures_are_tables_between_the_marks(page: Path) -> None:
    _page.write([FOUND], page)
    text = page.read_text()
    assert "| 20 MB, times scp | <= 1.0 | 0.977 | met |" in text
    assert "| 200 MB, times scp | <= 1.0 | 1.12 | **missed** |" in text
    assert "| delay ms | p50 | lost |" in text
    assert "| relay | 0.75 (low 0.7, high 1.5) | 0 |" in text
    assert "old" not in text
    assert "Ours hashes." in text and "Words after." in text


def test_the_top_counts_goals_and_names_those_that_were_missed(page: Path) -> None:
    _page.write([FOUND], page)
    assert "1 goals met, 1 missed:\n\n- 200 MB, times scp\n" in page.read_text()


def test_writing_twice_changes_nothing(page: Path) -> None:
    _page.write([FOUND], page)
    once = page.read_text()
    _page.write([FOUND], page)
    assert page.read_text() == once


def test_a_benchmark_that_failed_leaves_its_figures_alone(page: Path) -> None:
    _page.write([FOUND], page)
    once = page.read_text()
    _page.write([{"name": "pull", "failed": "no sshd", "goals": []}], page)
    assert page.read_text() == once


def test_a_benchmark_without_a_place_on_the_page_is_refused(page: Path) -> None:
    with pytest.raises(SystemExit, match="bench tap"):
        _page.write([{**FOUND, "name": "tap"}], page)


def test_every_benchmark_has_its_place() -> None:
    from bench.__main__ import names

    text = _page.PAGE.read_text(encoding="utf-8")
    assert not [name for name in names() if f"<!-- bench {name} -->" not in text]


def test_an_unknown_benchmark_is_named_before_anything_is_installed(tmp_path: Path) -> None:
    """The script alone: where it would install, there is nothing to install from."""
    (tmp_path / "bench").mkdir()
    for name in ("tap.py", "_page.py"):
        (tmp_path / "bench" / name).touch()
    (tmp_path / "run").write_bytes((ROOT / "run").read_bytes())
    for name in ("nope", "_page"):
        done = subprocess.run(
            ["sh", str(tmp_path / "run"), "bench", name], capture_output=True, text=True
        )
        assert done.returncode == 2
        assert done.stderr.strip() == f"There is no bench {name}. There are: tap"
    assert not (tmp_path / ".venv").exists()
