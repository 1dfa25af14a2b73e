"""Every bound key on every screen answers at once: something changes, or the reason is said."""

from __future__ import annotations

import pytest

from rovertui.keys.command import MAIN
from rovertui.keys.table import COMMANDS, MOVES
from rovertui.snapshot import QuestionView, Snapshot
from rovertui.ui.app import RoverApp
from rovertui.ui.screens.base import FullScreen
from widgets.line_view import LineView

from .conftest import Bench, opened
from .scenes import busy, empty, job
from .stand_in import StandIn

HOME = {name: name for name in (*MAIN, "log")} | {"page": "notices"}
KEYS = [
    key
    for key in [
        *(command.key for command in COMMANDS),
        *(move.keys[0] for move in MOVES),
    ]
    if key and key != "q"
]


def running() -> Snapshot:
    snapshot = busy()
    snapshot.jobs = [job(events=40)]
    return snapshot


def refusing() -> Snapshot:
    """Nothing can be done now."""
    snapshot = empty()
    snapshot.refusals = {
        operation: f"Not now: {operation}."
        for command in COMMANDS
        for operation in command.operations
    }
    return snapshot


STATES = {"empty": empty, "capture on": busy, "job running": running, "nothing allowed": refusing}


def painted(bench: Bench) -> list[str]:
    """All that is seen, with the boxes; how a line is drawn counts as well."""
    return [repr(strip) for strip in bench.app.screen._compositor.render_strips()]


async def home(bench: Bench, screen: str) -> None:
    for _ in range(6):
        # A line to type into would take the keys that lead home.
        if isinstance(bench.app.screen, FullScreen) and bench.app.screen.focused is None:
            break
        await bench.press("escape")
    bench.app.perform("drive")
    bench.app.perform(HOME[screen])
    await bench.until(lambda: getattr(bench.app.screen, "key_name", "") == screen, screen)
    # What was said before must not stand in for an answer.
    bench.app.state.status = ""
    bench.app._show()
    await bench.settle()


@pytest.mark.parametrize(
    ("screen", "state"),
    [
        ("drive", "capture on"),
        ("set", "empty"),
        ("models", "job running"),
        ("models", "nothing allowed"),
        ("machine", "nothing allowed"),
        ("log", "job running"),
        ("page", "capture on"),
    ],
)
async def test_every_key_answers(screen: str, state: str) -> None:
    async with opened(STATES[state]()) as bench:
        bench.daemon.log = [{"kind": "log", "text": f"line {i}"} for i in range(40)]
        silent = []
        for key in KEYS:
            await home(bench, screen)
            before = painted(bench)
            bench.type(key)
            try:
                await bench.until(lambda was=before: painted(bench) != was, key)  # type: ignore[misc]
            except AssertionError:
                silent.append(key)
        assert silent == []


@pytest.mark.parametrize("screen", ["drive", "models"])
async def test_without_a_daemon_every_key_says_so_or_moves(screen: str) -> None:
    async with opened() as bench:
        bench.daemon.drop()
        await bench.until(lambda: bool(bench.app.state.gone), "the loss")
        for command in COMMANDS:
            if command.key and command.operations and command.offered(screen, None):
                await home(bench, screen)
                await bench.press(command.key)
                assert bench.daemon.done == []
                assert bench.text()


async def test_a_question_takes_the_keys_and_nothing_behind_it_moves() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.questions = [
            QuestionView(id=1, kind="choice", text="Metres?", choices=["metres", "metres / 6"])
        ]
        await bench.push()
        for key in ("c", "x", "D", "R", "3", "L"):
            await bench.press(key)
        assert bench.daemon.done == [] and "Metres?" in bench.text()


BOXES = ["question_mark", "colon", "x", "t", "m", "o", "L", "H", "a", "w", "f", "enter"]


@pytest.mark.parametrize(
    ("size", "screens"),
    [((80, 24), ("drive", "models")), ((40, 12), ("set", "machine"))],
)
async def test_with_ascii_no_other_character_is_painted(
    size: tuple[int, int], screens: tuple[str, ...]
) -> None:
    snapshot = running()
    snapshot.unread = 3
    stand_in = StandIn(snapshot)
    app = RoverApp(stand_in.client, "/w", ascii=True)
    async with opened(daemon=stand_in, app=app, size=size) as bench:
        odd = set()
        for screen in screens:
            for box in ("", *BOXES, "v" if screen == "drive" else ""):
                await home(bench, screen)
                if box:
                    await bench.press(box)
                for strip in bench.app.screen._compositor.render_strips():
                    odd |= {(screen, box, char) for char in strip.text if not char.isascii()}
                for view in bench.app.screen.query(LineView):
                    assert view.text().isascii(), (screen, box)
        assert odd == set()
