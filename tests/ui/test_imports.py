"""The screen's process stays small: it does not import what belongs to others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rovertui.ui import settling

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = (
    "numpy",
    "paramiko",
    "zmq",
    "onnx",
    "onnxruntime",
    "rknn",
    "cv2",
    "psutil",
    "pyrealsense2",
)
HEAVY = ("textual.widgets._markdown", "textual.widgets._text_area")


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_screen_imports_nothing_that_belongs_to_other_processes() -> None:
    loaded = loaded_by(
        "import rovertui.ui.app, rovertui.ui.screens.palette, rovertui.ui.screens.question"
    )
    assert "rovertui.ui.app" in loaded
    assert not loaded.intersection(FOREIGN)
    assert not loaded.intersection(HEAVY)
    assert not [name for name in loaded if name.startswith(("rovertui.daemon", "rovertui.worker"))]


def test_screens_that_are_not_seen_first_are_read_later_and_all_of_them() -> None:
    loaded = loaded_by("import rovertui.ui.app")
    later = {f"rovertui.ui.screens.{name}" for name in settling.LATER}
    assert not loaded & later
    there = {
        f"rovertui.ui.screens.{path.stem}"
        for path in (ROOT / "rovertui" / "ui" / "screens").glob("*.py")
        if path.stem != "__init__"
    }
    assert later == there - loaded


_OPENED = """
import asyncio, gc, sys
from rovertui.ui import settling
from tests.ui.scenes import busy
from tests.ui.stand_in import StandIn
settling.hold()
from rovertui.ui.app import RoverApp

async def look():
    daemon = StandIn(busy())
    app = RoverApp(daemon.client, "/w")
    async with app.run_test():
        assert not gc.isenabled() and gc.get_freeze_count() < 10_000
        while not gc.isenabled() or f"rovertui.ui.screens.{settling.LATER[-1]}" not in sys.modules:
            await asyncio.sleep(0.01)
    assert gc.get_freeze_count() > 10_000

asyncio.run(look())
"""


def test_what_is_read_at_the_start_is_not_searched_for_garbage_again() -> None:
    assert {f"rovertui.ui.screens.{name}" for name in settling.LATER} <= loaded_by(_OPENED)


def test_widgets_know_nothing_of_rovers() -> None:
    names = [path.stem for path in (ROOT / "widgets").glob("*.py") if path.stem != "__init__"]
    loaded = loaded_by("import " + ", ".join(f"widgets.{name}" for name in names))
    assert not [name for name in loaded if name.split(".")[0] == "rovertui"]
    assert "numpy" not in loaded
