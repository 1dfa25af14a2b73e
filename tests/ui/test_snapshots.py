"""What the screens look like: nineteen pictures in letters, made of states in which nothing moves.

They are text, not SVG: one differs when words or places differ, and not when a library draws a
colour otherwise. Colours are tested in ``test_themes.py``. After a change that is meant,
``ROVERTUI_SNAPSHOTS=write`` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.errors import OperatorError
from rovertui.ui.app import RoverApp
from rovertui.ui.session import Absence

from .conftest import opened
from .scenes import busy, empty, job
from .stand_in import StandIn

PLACE = Path(__file__).with_name("snapshots")

SMALL, USUAL, WIDE, HUGE = (40, 12), (80, 24), (120, 40), (200, 60)
CASES: dict[str, tuple[tuple[str, ...], tuple[int, int]]] = {
    "drive-40x12": ((), SMALL),
    "drive-80x24": ((), USUAL),
    "drive-120x40": ((), WIDE),
    "drive-200x60": ((), HUGE),
    "drive-ascii-80x24": ((), USUAL),
    "drive-empty-80x24": ((), USUAL),
    "drive-gone-80x24": ((), USUAL),
    "set-80x24": (("2",), USUAL),
    "models-40x12": (("3",), SMALL),
    "models-80x24": (("3",), USUAL),
    "models-120x40": (("3",), WIDE),
    "models-200x60": (("3",), HUGE),
    "machine-80x24": (("4",), USUAL),
    "log-80x24": (("L",), USUAL),
    "help-40x12": (("question_mark",), SMALL),
    "ship-40x12": (("x",), SMALL),
    "ship-80x24": (("x",), USUAL),
    "palette-80x24": (("colon", *"conv"), USUAL),
    "guide-80x24": (("f3",), USUAL),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_looks_as_it_did(name: str, tmp_path: Path) -> None:
    keys, size = CASES[name]
    snapshot = empty() if "empty" in name else busy()
    snapshot.jobs = [] if "empty" in name else [job()]
    stand_in = StandIn(snapshot)
    stand_in.log = [{"kind": "log", "text": f"line {index} of [/all]"} for index in range(40)]
    config_file.create(tmp_path / "config.toml")
    app = RoverApp(stand_in.client, str(tmp_path), ascii="ascii" in name, guided="guide" in name)
    app.state.workspace = "/home/op/rover"
    app.state.clock = lambda: 0.0
    async with opened(daemon=stand_in, app=app, size=size) as bench:
        await bench.press(*keys)
        if name.startswith(("log", "models")):
            await bench.until(lambda: "line 3" in bench.text() or size == SMALL, "the log")
        if "gone" in name:
            app._lost(Absence("no daemon", OperatorError("config.toml: broken.").message, "Mend."))
        await bench.pilot.pause()
        rows = [
            "".join(segment.text for segment in strip).rstrip()
            for strip in app.screen._compositor.render_strips()
        ]
    shown = "\n".join(rows) + "\n"
    path = PLACE / f"{name}.txt"
    if os.environ.get("ROVERTUI_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_there_are_few_and_each_is_used() -> None:
    assert {path.stem for path in PLACE.glob("*.txt")} == set(CASES)
    assert len(CASES) <= 20
