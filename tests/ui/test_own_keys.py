"""Keys of the operator's own: taken in place of the table's, or refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui.errors import OperatorError
from rovertui.keys.own import remapped
from rovertui.keys.table import COMMANDS
from rovertui.ui.app import RoverApp
from rovertui.ui.look import Look

from .conftest import opened
from .scenes import empty
from .stand_in import StandIn


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"nothing": "z"}, "no such command"),
        ({"copy": "c"}, "would mean 'capture' and 'copy'"),
        ({"copy": "j"}, "never acts"),
        ({"copy": "/"}, "one letter"),
        ({"copy": "ctrl+s"}, "one letter"),
        ({"deploy": "d"}, "capital letter"),
        ({"quit": "Q"}, "stay"),
    ],
)
def test_own_keys_that_cannot_be_are_refused_in_words(table: dict[str, str], said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        remapped(table)


def test_all_keys_that_cannot_be_are_named_at_once() -> None:
    with pytest.raises(OperatorError) as caught:
        remapped({"copy": "j", "deploy": "d", "nothing": "z"})
    for said in ("keys.copy = 'j'", "keys.deploy = 'd'", "keys.nothing = 'z'"):
        assert said in caught.value.message


def test_two_commands_may_change_their_keys_with_each_other() -> None:
    keys = remapped({"capture": "y", "copy": "c"})
    assert (keys["capture"], keys["copy"]) == ("y", "c")
    assert remapped({}) == {command.name: command.key for command in COMMANDS}


async def test_own_keys_work_and_are_what_footer_and_help_show(tmp_path: Path) -> None:
    stand_in = StandIn(empty())
    app = RoverApp(
        stand_in.client, str(tmp_path), looks=Look(keys=remapped({"capture": "y", "copy": "c"}))
    )
    async with opened(daemon=stand_in, app=app) as bench:
        assert "y capture" in bench.line("footer")
        await bench.press("c")
        assert stand_in.done == []
        await bench.press("y")
        assert stand_in.done == [("capture.on", {})]
        await bench.press("question_mark")
        assert " y    Capture" in bench.text()
