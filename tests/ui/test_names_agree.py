"""Key table, footer, palette, help, command line and its page call an operation the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from rovertui.catalogue import BY_ID, OPERATIONS
from rovertui.cli import cli
from rovertui.keys.command import Command
from rovertui.keys.own import shown_key
from rovertui.keys.table import COMMANDS
from rovertui.snapshot import words
from rovertui.ui.header import footer
from rovertui.ui.sample_list import SampleList
from rovertui.ui.screens.help import HelpScreen
from rovertui.ui.screens.palette import PaletteScreen
from rovertui.ui.state import State
from widgets.rows import Row

from .looks import sample
from .scenes import busy

ROOT = Path(__file__).parents[2]
OTHERWISE = {"server.list": {"models"}, "config.set": {"configure", "init"}}
"""What the command line calls by what it shows or writes, and not by what is done."""


def state(undoing: bool, operation: str = "") -> State:
    """A screen whose toggles stand one way or the other, a sample selected where one is meant."""
    snapshot = busy()
    snapshot.capture.wanted = snapshot.stream.parked = undoing
    snapshot.toolkit.state = "missing"
    snapshot.refusals = {}
    side = "trash" if operation == "sample.restore" else "set"
    lists = {side: SampleList(side, total=1, rows=[sample(1)], looked=0.0)}
    return State(snapshot=snapshot, gone="", set_side=side, lists=lists, clock=lambda: 0.0)


def said(rows: list[Row]) -> str:
    return " ".join(" ".join("".join(text for text, _ in row) for row in rows).split())


def commands_of(operation: str) -> list[Command]:
    return [c for c in COMMANDS if operation in c.operations]


def page() -> dict[str, tuple[list[str], str]]:
    """Operation -> its commands and its key, as docs/cli.md has them."""
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    table = text.partition("## What each operation of the daemon is called")[2]
    found: dict[str, tuple[list[str], str]] = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`([a-z.]+)`", cells[0]) if line.startswith("| `") else []
        called = re.findall(r"`([^`]+)`", cells[1]) if names else []
        for place, name in enumerate(names):
            mine = called if len(names) == 1 else [called[place]]
            found[name] = (mine, cells[2])
    return found


@pytest.mark.parametrize("operation", [operation.id for operation in OPERATIONS])
def test_footer_palette_and_help_say_its_title(operation: str) -> None:
    title = BY_ID[operation].title
    offered = commands_of(operation)
    assert offered, "neither a key nor the palette has it"
    plain = [command for command in offered if not command.params]
    for command in plain:
        now = state(command.operations.index(operation) == 1, operation)
        assert command.operation(now.snapshot) == operation
        if command.name != "guide":
            assert command.title(now.snapshot) == title
        name = command.title(now.snapshot)
        assert command in PaletteScreen(command.screens[0], now).found()
        label = command.footer(now.snapshot).split()
        assert all(word.lower() in name.lower().split() for word in label), (label, name)
        if not command.key:
            assert command.label == name, "it is only seen under its title"
            continue
        for screen in command.screens:
            key = shown_key(command.key)
            assert f"{key} {name} {command.help}" in said(HelpScreen(screen, now).all_rows(200))
            if command.rank and screen != "log":
                assert f"{key} {' '.join(label)}" in said(footer(screen, now, 600))


@pytest.mark.parametrize("operation", [operation.id for operation in OPERATIONS])
def test_the_command_line_says_it_too_and_its_page_names_key_and_command(operation: str) -> None:
    called, keys = page()[operation]
    title = [word.lower() for word in BY_ID[operation].title.split()]
    for line in called:
        words_of = line.split()
        command: click.Command = cli
        while isinstance(command, click.Group) and words_of and not words_of[0].startswith("-"):
            context = click.Context(command)
            found = command.get_command(context, words_of[0])
            assert found is not None, f"there is no command {line!r}"
            command = found
            words_of.pop(0)
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words_of if word.startswith("--")} <= options, line
        if line in OTHERWISE.get(operation, ()):
            continue
        parts = re.findall(r"[a-z]+", line.lower())
        assert any(
            part.startswith(word) or word.startswith(part) or part == "".join(title)
            for part in parts
            for word in title
        ), f"{line!r} is called {BY_ID[operation].title!r} on the screen"
    named = set(re.findall(r"`([^`]+)`", keys))
    for command_here in commands_of(operation):
        if command_here.key and command_here.name != "rollback.to":
            assert shown_key(command_here.key) in named


def literals(path: Path) -> list[str]:
    """Every text of a module, what f-strings are made of included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_states_have_their_words_in_one_place_only() -> None:
    tables = (words.CAPTURE, words.STREAM, words.LIVE, words.MOTION, words.SERVER)
    marked = {word for table in tables for state, word in table.items() if word != state}
    marked |= {words.SET_COMPLETE, *(words.limits(within) for within in (True, False, None))}
    twice = [
        (str(path.relative_to(ROOT)), text)
        for part in ("ui", "cli", "operations", "daemon", "conversion")
        for path in sorted((ROOT / "rovertui" / part).rglob("*.py"))
        for text in literals(path)
        if any(
            text.strip() == word or (word.isupper() and re.search(rf"\b{word}\b", text))
            for word in marked
        )
    ]
    assert not twice, twice
