"""The screen's process stays small: it does not import what belongs to others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_widgets_know_nothing_of_rovers() -> None:
    names = [path.stem for path in (ROOT / "widgets").glob("*.py") if path.stem != "__init__"]
    loaded = loaded_by("import " + ", ".join(f"widgets.{name}" for name in names))
    assert not [name for name in loaded if name.split(".")[0] == "rovertui"]
    assert "numpy" not in loaded
