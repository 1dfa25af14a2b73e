"""The `ros2` program behind its setup files; a script stands in for it and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui.sensors import ros


@pytest.fixture
def ros2(tmp_path: Path) -> list[str]:
    """A stand-in ``ros2`` that only the setup file puts on the PATH."""
    program = tmp_path / "bin" / "ros2"
    program.parent.mkdir()
    program.write_text(f'#!/bin/bash\necho "$@" >> {tmp_path}/log\necho "said: $ROS" >&2\n')
    program.chmod(0o755)
    setup = tmp_path / "setup file.bash"
    setup.write_text(f"export PATH={tmp_path}/bin:$PATH ROS=jazzy\n")
    return [str(setup)]


def test_setup_files_are_sourced_and_words_arrive_as_they_are(
    tmp_path: Path, ros2: list[str]
) -> None:
    assert ros.run(["ros2", "param", "set", "/n", "a b", "$(touch x); `id`"], ros2) == ""
    assert (tmp_path / "log").read_text() == "param set /n a b $(touch x); `id`\n"


def test_a_missing_setup_file_is_named(tmp_path: Path) -> None:
    assert "no setup file" in ros.run(["true"], [str(tmp_path / "none.bash")])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program"], "no-such-program failed"),
        (["sh", "-c", "echo Node not found >&2; exit 1"], "Node not found"),
        (["sh", "-c", "printf '\\033[2Jx'; exit 2"], "sh failed: x"),
    ],
)
def test_a_failure_is_its_last_line_made_safe(command: list[str], words: str) -> None:
    assert words in ros.run(command, [])


def test_no_answer_in_time_is_said() -> None:
    assert "did not answer" in ros.run(["sleep", "20"], [], limit=0.2)
