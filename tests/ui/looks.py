"""What a daemon answers when it is asked to look: samples, pages, a picture.

Nothing here is measured or real.
"""

from __future__ import annotations

import base64
from typing import Any

from .scenes import CLOCK


def sample(number: int, **more: Any) -> dict[str, Any]:
    """One row as the daemon lists samples."""
    return {
        "name": f"calibration_{number:04d}.npz",
        "role": "calibration",
        "state": "ok",
        "session": "s1",
        "label": "gravel",
        "source": "a stand-in",
        "site": "lawn",
        "taken": CLOCK,
        "why": "new extreme of pitch",
        "values": {"brightness": 112.0, "nearest": 0.9, "lin": 0.14, "ang": -0.02},
        "quality": "bright 112, depth valid 93 %",
        "problem": "",
        "bytes": 608_698,
        "imported": False,
        "gone": "",
        **more,
    }


def report() -> dict[str, Any]:
    """Two models as the look ``report`` returns them."""

    def entry(step: int, precision: str, mean: float, within: bool, **more: Any) -> dict[str, Any]:
        return {
            "model": f"ppo_v620_update_{step}_{precision}",
            "checkpoint": f"ppo_v620_update_{step}",
            "precision": precision,
            "live": False,
            "bytes": 582_000,
            "ratio": 0.444,
            "simulated": True,
            "within": within,
            "simulator": {"mean": mean, "largest": mean * 8, "over_limit": 0.0, "frames": 120},
            "npu": None,
            "npu_ms": None,
            "details": ["action.linear: mean 0.7 mm/s, largest 5.6 mm/s, bias +0.1 mm/s"],
            **more,
        }

    return {
        "models": [
            entry(1250, "hybrid", 0.0041, True, live=True),
            entry(1240, "int8", 0.092, False, npu=0.095, npu_ms=31.4),
        ],
        "problems": [{"model": "old", "problem": "it has no model sheet"}],
        "limits": {"mean": 0.01, "largest": 0.15, "over": 0.05, "share_over": 0.02, "frames": 30},
        "lines": [],
    }


def check() -> dict[str, Any]:
    """A model whose depth nobody has stated yet, as the look ``check`` returns it."""
    return {
        "model": "ppo_v620_update_1250.onnx",
        "verdict": "ask",
        "reasons": ["Input depth: nobody has said yet what training fed to it."],
        "warnings": [],
        "inputs": [
            {
                "name": "rgb",
                "array": "rgb",
                "sample": {"dtype": "uint8", "unit": "", "range": [0, 255], "shape": [240, 424, 3]},
                "feed": {"dtype": "uint8", "shape": [1, 240, 424, 3], "scale": 1.0},
                "net": {"scale": 1 / 255, "range": [0, 1]},
                "seen": {"low": [3.0], "high": [251.0]},
                "verdict": "ok",
            },
            {
                "name": "proprio",
                "array": "proprio",
                "sample": {"dtype": "float32", "unit": "", "range": None, "shape": [6]},
                "feed": {"dtype": "float32", "shape": [1, 6], "scale": 1.0},
                "net": {"scale": 1.0, "range": None},
                "seen": None,
                "verdict": "ok",
            },
            {"name": "depth", "verdict": "ask", "text": "nobody has said"},
        ],
        "usable": 37,
        "checking": 12,
        "unusable": [],
    }


def feed() -> dict[str, Any]:
    return {
        "model": "ppo_v620_update_1240_hybrid",
        "inputs": [
            {
                "name": "depth",
                "array": "depth",
                "dtype": "float32",
                "shape": [1, 240, 424, 1],
                "feed_scale": 1 / 6,
                "data_format": "nhwc",
            }
        ],
        "lines": [
            "import numpy as np",
            "",
            "def feed(depth):",
            "    return [depth], []" + " " * 90,
        ],
    }


def doctor() -> dict[str, Any]:
    return {
        "findings": [
            {"name": "python", "state": "ok", "text": "Python 3.11", "remedy": ""},
            {
                "name": "v620",
                "state": "missing",
                "text": "no training server is set",
                "remedy": "Set v620.host.",
            },
        ],
        "lines": [],
    }


def picture(width: int, height: int) -> dict[str, Any]:
    """A white picture, and depth that is near on the left and was not measured on the right."""
    width, height = max(2, width), max(2, height)
    half = width // 2
    depth = (b"\x01" * half + b"\x00" * (width - half)) * height
    size = {"width": width, "height": height}
    pixels = [base64.b64encode(data).decode() for data in (b"\xff" * 3 * width * height, depth)]
    return {
        "pictures": [
            {"name": "rgb", "colour": True, "pixels": pixels[0], **size},
            {"name": "depth", "high": 6.0, "unit": "m", "pixels": pixels[1], **size},
        ],
        "age": 0.05,
    }
