"""Drawn at every size, and no oftener or more of it than has changed."""

from __future__ import annotations

import pytest

from rovertui.ui.app import RoverApp
from widgets.line_view import LineView

from .conftest import Bench, opened
from .scenes import busy, job
from .stand_in import StandIn

SIZES = [(40, 12), (200, 60), (3, 2), (80, 24)]


@pytest.mark.parametrize(
    "keys", [(), ("3",), ("L",), ("question_mark",), ("x",), ("colon",)], ids=str
)
async def test_resizing_breaks_nothing(keys: tuple[str, ...]) -> None:
    snapshot = busy()
    snapshot.jobs = [job()]
    async with opened(snapshot) as bench:
        await bench.press(*keys)
        for width, height in SIZES:
            await bench.pilot.resize_terminal(width, height)
            await bench.push()
        before = bench.app.screen.query(LineView)
        assert all(view.text() for view in before if view.id != "status")


async def test_a_small_terminal_still_shows_capture_count_and_last_event() -> None:
    async with opened(size=(40, 12)) as bench:
        shown = bench.text()
        assert "CAPTURE ON" in shown and "37/100" in shown
        assert "3 s ago calibration_0049" in shown


async def test_a_confirmation_is_read_whole_on_a_small_terminal() -> None:
    async with opened(size=(40, 12)) as bench:
        await bench.press("x")
        shown = " ".join(bench.text().split())
        assert "ready: press D" in shown and "y or enter: yes" in shown


async def test_only_changed_rows_are_repainted() -> None:
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, "/w")
    # Ages that grow meanwhile would be rows that changed.
    app.state.clock = lambda: 0.0
    async with opened(daemon=stand_in, app=app) as bench:
        body = bench.app.screen.query_one("#body", LineView)
        before = body.painted
        await bench.push()
        assert body.painted == before
        bench.daemon.snapshot.capture.next_in = 5.5
        await bench.push()
        assert body.painted == before + 1


async def test_hidden_screens_are_not_drawn() -> None:
    async with opened() as bench:
        drive = bench.app.screen.query_one("#body", LineView)
        await bench.press("3")
        painted, shown = drive.painted, drive.text()
        bench.daemon.snapshot.capture.kept = 99
        await bench.push()
        assert (drive.painted, drive.text()) == (painted, shown)
        await bench.press("1")
        assert "99%" in drive.text()


async def test_a_flood_of_snapshots_is_drawn_no_faster_than_the_eye_needs() -> None:
    async with opened(draw_every=60.0) as bench:
        body = bench.app.screen.query_one("#body", LineView)
        bench.app._show()
        before = body.painted
        for count in range(50, 80):
            bench.daemon.snapshot.capture.kept = count
            await bench.push()
        assert body.painted == before
        await bench.press("c")
        assert "79%" in body.text()


def painted(bench: Bench) -> list[str]:
    """What the terminal was given, line by line: not what was made to be drawn."""
    strips = bench.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


@pytest.mark.parametrize("meanwhile", [(), ("3",)], ids=["seen", "behind another screen"])
async def test_a_terminal_that_shrinks_keeps_nothing_of_the_rows_before(
    meanwhile: tuple[str, ...],
) -> None:
    snapshot = busy()
    values = snapshot.stream.values
    snapshot.stream.values = dict(list(values.items())[:4])
    async with opened(snapshot, (120, 40)) as bench:
        await bench.press(*meanwhile)
        await bench.pilot.resize_terminal(80, 24)
        await bench.press("1")
        await bench.push()
        body = bench.line("body").split("\n")
        assert len(body) < 21
        assert painted(bench)[1:22] == body + [""] * (21 - len(body))
