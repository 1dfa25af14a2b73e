"""Write what was measured into the pages, between their marks.

``python docs/figures.py PRECISION.json [HEADLESS.json]``: the first is what
``bench/precision.py --json`` prints, the second what ``rovertui demo --headless --json`` prints.
tests/test_docs.py fails when the demo policy is another one than the figures are of.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
POLICY = ROOT / "rovertui/demo/policy.onnx"
NAMES = {
    "int8": "int8, the guide's recipe",
    "hybrid": "**hybrid**, the default",
    "int16": "int16",
    "fp16": "fp16",
}
HEAD = """\
| precision | bytes | of the ONNX | mean error | largest | off by more than 0.05 \
| on common frames | on rare frames | within the limits | NPU |
|---|---|---|---|---|---|---|---|---|---|"""


def policy() -> str:
    """The demo policy's name by its bytes."""
    return hashlib.sha256(POLICY.read_bytes()).hexdigest()[:12]


def precision(found: dict[str, Any]) -> str:
    figures = found["figures"]
    rows = [HEAD, f"| ONNX | {figures['onnx_bytes']:,} | 1 | | | | | | | |"]
    for name, rung in figures["ladder"].items():
        frames = rung["frame_error"]
        rows.append(
            f"| {NAMES.get(name, name)} | {rung['bytes']:,} | {rung['ratio']:.2f} "
            f"| {rung['mean']:.4f} | {rung['largest']:.3f} | {rung['share_over']:.1%} "
            f"| {frames['common']['mean']:.4f} | {frames['rare']['mean']:.4f} "
            f"| {'yes' if rung['within'] else '**no**'} | not measured |"
        )
    frames = {name: one["frames"] for name, one in rung["frame_error"].items()}
    rows += [
        "",
        f"Demo policy `{policy()}`, {figures['samples']} samples for calibration, "
        f"{figures['frames']} other frames ({frames['same drive']} of the same drive, "
        f"{frames['other drive']} of another; {frames['rare']} rare), error of the action "
        "(-1 to 1) in the toolkit's simulator.",
    ]
    return "\n".join(rows)


def chain(found: dict[str, Any]) -> str:
    seconds, error = found["seconds"], found["error"]
    parts = {"start": "start the daemon", "capture": "record", "park": "park", "pull": "pull"}
    parts |= {"convert": "convert", "deploy": "deploy, until its commands were heard"}
    rows = ["| stage | seconds |", "|---|---|"]
    rows += [f"| {words} | {seconds[name]:.1f} |" for name, words in parts.items()]
    rows += [
        f"| all | {seconds['total']:.0f} |",
        "",
        f"Demo policy `{policy()}`: {found['precision']}, {found['rknn_bytes']:,} bytes of "
        f"{found['onnx_bytes']:,}, mean error {error['mean']:.4f}, largest {error['max']:.3f}, "
        f"{error['over_limit']:.1%} of frames off by more than 0.05; {found['samples']} samples; "
        f"{found['strength']}. When capture begins in the drive depends on the clock, so samples "
        "and errors differ a little from run to run.",
    ]
    return "\n".join(rows)


def fill(mark: str, text: str) -> None:
    """Replace what stands between the marks on every page that has them."""
    between = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        old = page.read_text(encoding="utf-8")
        new = between.sub(lambda match: match[1] + text + match[2], old)
        if new != old:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    fill("precision", precision(json.loads(Path(sys.argv[1]).read_text())))
    if len(sys.argv) == 3:
        fill("chain", chain(json.loads(Path(sys.argv[2]).read_text())))
