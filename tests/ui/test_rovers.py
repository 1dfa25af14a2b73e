"""The table of rovers, exporting on the V620, and which checkpoint a shipment takes."""

from __future__ import annotations

from rovertui.snapshot import LiveView, RoverView, Snapshot
from rovertui.ui import rovers_view
from rovertui.ui.screens.rovers import RoversScreen
from rovertui.ui.state import State

from .conftest import opened
from .scenes import CLOCK, busy, checkpoint


def fleet() -> Snapshot:
    snapshot = busy()
    snapshot.live = LiveView(state="seen", name="ppo_v620_update_1240_hybrid", text="12 heard")
    snapshot.rovers = [
        RoverView(
            name="rover2",
            host="10.0.0.2",
            state="up",
            model="ppo_v620_update_1230_int8",
            live="believed",
            runtime="2.5.0",
            text="it answered [/x]",
            looked=CLOCK - 60,
        ),
        RoverView(name="rover3", state="down", text="No route to host.", looked=CLOCK - 5),
        RoverView(name="rover4", host="10.0.0.4"),
    ]
    return snapshot


async def test_o_asks_the_other_rovers_and_shows_what_runs_where() -> None:
    async with opened(fleet()) as bench:
        await bench.press("o")
        assert isinstance(bench.app.screen, RoversScreen)
        assert bench.daemon.done == [("rovers", {})]
        lines = bench.text().splitlines()
        own = next(line for line in lines if "rover1" in line)
        assert "ppo_v620_update_1240_hybrid" in own and "seen" in own
        other = next(line for line in lines if "rover2" in line)
        assert "ppo_v620_update_1230_int8" in other and "believed" in other
        assert "asked 1 min ago" in bench.text()
        assert "runtime 2.5.0" in bench.text() and "[/x]" in bench.text()
        assert "NOT REACHED" in next(line for line in lines if "rover3" in line)
        assert "No route to host." in bench.text()
        assert "not asked yet" in next(line for line in lines if "rover4" in line)
        await bench.press("escape")
        assert not isinstance(bench.app.screen, RoversScreen)


async def test_without_other_rovers_the_table_says_how_to_name_one() -> None:
    snapshot = busy()
    snapshot.refusals["rovers"] = "No other rover is set."
    async with opened(snapshot) as bench:
        await bench.press("o")
        assert bench.daemon.done == []
        assert "[[rovers]]" in bench.text()


def test_the_table_fits_where_columns_are_few() -> None:
    for width in (40, 66, 76, 116):
        for row in rovers_view.rows(State(snapshot=fleet(), gone=""), width):
            assert len("".join(text for text, _ in row)) <= width


async def test_e_has_the_selected_checkpoint_exported_where_it_has_only_its_pt() -> None:
    snapshot = busy()
    snapshot.server.checkpoints = [checkpoint(1300, "no onnx"), checkpoint(1290)]
    async with opened(snapshot, size=(120, 24)) as bench:
        await bench.press("3")
        assert "e export" in bench.line("footer")
        await bench.press("x", "n")
        await bench.press("p")
        assert "e makes it there" in bench.line("status")
        await bench.press("e")
        assert bench.daemon.done == [("export", {"checkpoint": "ppo_v620_update_1300"})]
        await bench.press("j", "e")
        assert "has its ONNX on the V620" in bench.line("status")
        await bench.press("question_mark")
        assert any(line.split()[:2] == ["e", "Export"] for line in bench.text().splitlines())


async def test_on_the_models_screen_the_one_under_the_cursor_is_shipped_and_named() -> None:
    snapshot = busy()
    snapshot.server.checkpoints = [checkpoint(1300, "no onnx"), checkpoint(1290), checkpoint(1280)]
    async with opened(snapshot) as bench:
        await bench.press("3", "x")
        assert "1290, the newest" in bench.text(), "until a cursor was moved"
        await bench.press("n", "j", "j", "x")
        assert "Ship" in bench.text() and "ppo_v620_update_1280, the selected one" in bench.text()
        assert "NOT THE NEWEST: that is ppo_v620_update_1290." in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [("ship", {"checkpoint": "ppo_v620_update_1280"})]
        await bench.press("g", "x")
        assert "no ONNX on the V620 yet: e makes it there" in bench.line("status")
        await bench.press("1", "x")
        assert "1290, the newest" in bench.text(), "from another screen the newest"


async def test_what_is_live_already_is_said_before_it_is_shipped_again() -> None:
    snapshot = busy()
    snapshot.server.checkpoints = [checkpoint(1260, "here", live=True)]
    async with opened(snapshot) as bench:
        await bench.press("x")
        assert "again?" in bench.text()
        assert "IT IS LIVE ALREADY" in bench.text()
        await bench.press("n")
        assert bench.daemon.done == []


async def test_a_server_that_was_never_asked_is_not_called_down() -> None:
    snapshot = busy()
    snapshot.server.state, snapshot.server.checkpoints = "waiting", []
    async with opened(snapshot) as bench:
        await bench.press("3")
        assert "not asked yet" in bench.text() and "down" not in bench.text()
