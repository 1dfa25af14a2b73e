"""The table of commands agrees with the catalogue, with itself, and with what keys may mean."""

from __future__ import annotations

import pytest

from rovertui.catalogue import BY_ID, OPERATIONS
from rovertui.config import RUNGS
from rovertui.keys.table import BY_NAME, COMMANDS, MOVES, shown_key
from rovertui.ui.header import footer
from rovertui.ui.screens.help import help_rows
from rovertui.ui.state import State
from widgets.rows import width_of

from .scenes import busy, empty


def test_every_operation_has_a_key_or_a_palette_entry() -> None:
    behind = {operation for command in COMMANDS for operation in command.operations}
    assert behind == {operation.id for operation in OPERATIONS}


def test_every_precision_is_in_the_palette() -> None:
    offered = {command.params for command in COMMANDS if command.name.startswith("convert.")}
    assert offered == {(("precision", name),) for name in (*RUNGS, "all")}


def test_names_and_keys_are_unique() -> None:
    names = [command.name for command in COMMANDS]
    keys = [command.key for command in COMMANDS if command.key]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)


def test_letters_that_move_are_never_actions() -> None:
    moving = {key for move in MOVES for key in move.keys}
    assert moving.isdisjoint(command.key for command in COMMANDS if command.key)
    assert {"h", "j", "k", "l", "g", "G", "n", "N", "slash"} <= moving


def test_no_key_is_one_that_tmux_editors_or_terminals_take() -> None:
    keys = [command.key for command in COMMANDS] + [key for move in MOVES for key in move.keys]
    assert not [key for key in keys if key.startswith(("ctrl+", "alt+", "f1"))]


def test_what_changes_the_wheels_commands_is_a_capital_or_asks_first() -> None:
    for command in COMMANDS:
        for operation in command.operations:
            if "wheel" in BY_ID[operation].asks:
                assert command.key.isupper() or command.key in ("x", "")
                assert BY_ID[operation].asks


def test_stopping_the_daemon_has_no_key() -> None:
    assert [c.key for c in COMMANDS if "daemon.stop" in c.operations] == [""]


@pytest.mark.parametrize("screen", ["drive", "models"])
@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_the_footer_fits_and_keeps_the_way_to_help(screen: str, width: int) -> None:
    for snapshot in (None, empty(), busy()):
        row = footer(screen, State(snapshot=snapshot), width)[0]
        assert width_of(row) <= width
        assert "keys" in "".join(text for text, _ in row)


def test_the_footer_does_not_move_when_something_becomes_possible() -> None:
    can, cannot = busy(), busy()
    cannot.refusals = {"ship": "no", "rollback": "no", "pull": "no"}
    for screen in ("drive", "models"):
        lines = [
            "".join(text for text, _ in footer(screen, State(snapshot=snapshot), 80)[0])
            for snapshot in (can, cannot)
        ]
        places = [[line.find(word) for word in ("ship", "roll back", "keys")] for line in lines]
        assert places[0] == places[1]


def test_help_lists_each_key_of_the_screen_and_the_reason_of_a_refusal() -> None:
    snapshot = busy()
    snapshot.refusals = {"ship": "The V620 cannot be reached."}
    state = State(snapshot=snapshot, gone="")
    lines = ["".join(t for t, _ in row) for row in help_rows("drive", state, 78)]
    text = "\n".join(lines)
    assert "(x)" in text and "not now: The V620 cannot be reached." in text
    for command in COMMANDS:
        if command.key and command.offered("drive", snapshot):
            assert any(shown_key(command.key) in line[:6] for line in lines)


def test_a_replay_can_be_paused_by_the_same_key() -> None:
    park = next(command for command in COMMANDS if command.name == "park")
    replay = busy()
    replay.simulated = False
    replay.stream.kind = "replay"
    assert park.offered("drive", replay)
    assert (park.title(replay), park.footer(replay)) == ("Pause", "pause")
    replay.stream.parked = True
    assert (park.title(replay), park.footer(replay)) == ("Go on", "go on")


def test_parking_is_offered_in_simulation_only() -> None:
    park = next(command for command in COMMANDS if command.name == "park")
    real = busy()
    real.simulated = False
    assert park.offered("drive", busy())
    assert not park.offered("drive", real)


def test_where_nothing_was_live_before_the_way_to_the_other_kept_models_is_named() -> None:
    snapshot = busy()
    snapshot.live.previous = ""
    key = BY_NAME["history"].key
    assert f"{key} lists the kept models" in BY_NAME["rollback"].refusal(snapshot)
