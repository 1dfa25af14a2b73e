"""The report as rows: every model measured, simulator and NPU apart, and what the check is worth.

``found`` is what the look ``report`` of the daemon returns (:mod:`rovertui.operations.reporting`).
"""

from __future__ import annotations

from typing import Any

from rovertui.snapshot.words import EARLIER_LIVE
from rovertui.text import clean, size
from rovertui.ui import words
from widgets.rows import Row, fit, middle, wrap

_FIGURES = 57


def rows(found: dict[str, Any], width: int) -> list[Row]:
    """A line of figures a model, and below it what they are worth."""
    models = found.get("models") or []
    problems = found.get("problems") or []
    if not models and not problems:
        return [
            [],
            [("  No converted model here yet: C converts one, x does everything.", "")],
        ]
    name = max(12, min(width - _FIGURES, 60))
    out: list[Row] = [
        [
            (" " * (name + 15), ""),
            (fit("SIMULATOR", 24), "title"),
            (fit("NPU", 18), "title"),
        ],
        [
            (fit(" MODEL", name), "title"),
            (fit("size", 8, right=True), "dim"),
            (fit("of ONNX", 8, right=True), "dim"),
            (fit("mean", 8, right=True), "dim"),
            (fit("largest", 8, right=True), "dim"),
            (fit("over", 7, right=True), "dim"),
            (fit("error", 9, right=True), "dim"),
            (fit("ms", 8, right=True), "dim"),
        ],
    ]
    for model in models:
        out += _model(model, name, width)
    for problem in problems:
        text = f"{clean(str(problem['model']))}: {clean(str(problem['problem']))}"
        out += [[(" " + line, "bad")] for line in wrap(text, width - 2)]
    return [*out, [], *_limits(found.get("limits") or {}, width)]


def _model(model: dict[str, Any], name: int, width: int) -> list[Row]:
    measured = model.get("simulator")
    ratio = model.get("ratio")
    out: list[Row] = [
        [
            (" " + fit(middle(clean(str(model["model"])), name - 2), name - 1), "strong"),
            (fit(size(model["bytes"]), 8, right=True), ""),
            (fit(words.share_text(ratio), 8, right=True), ""),
            *_errors(measured),
            *_npu(model),
        ]
    ]
    state: Row = [("   ", ""), words.verdict(model.get("within"))]
    live = "LIVE" if model.get("live") else EARLIER_LIVE if model.get("earlier_live") else ""
    state.append((f"   {live}" if live else "", "good"))
    state.append(("   SIMULATED data" if model.get("simulated") else "", "warn"))
    out.append(state)
    for text in model.get("details") or []:
        out += [[("   " + line, "dim")] for line in wrap(clean(str(text)), width - 4)]
    return out


def _errors(measured: dict[str, Any] | None) -> Row:
    if not measured:
        return [(fit("not measured", 23, right=True), "warn")]
    return [
        (fit(words.small(measured["mean"]), 8, right=True), "strong"),
        (fit(words.small(measured["largest"]), 8, right=True), "strong"),
        (fit(words.share_text(measured["over_limit"]), 7, right=True), "strong"),
    ]


def _npu(model: dict[str, Any]) -> Row:
    error, milliseconds = model.get("npu"), model.get("npu_ms")
    if error is None and milliseconds is None:
        return [(fit("not measured", 17, right=True), "dim")]
    timed = "-" if milliseconds is None else f"{milliseconds:.1f}"
    return [
        (fit(words.small(error), 9, right=True), "strong"),
        (fit(timed, 8, right=True), "strong"),
    ]


def _limits(limits: dict[str, Any], width: int) -> list[Row]:
    if not limits:
        return []
    text = (
        f"Limits: mean {words.plain(limits.get('mean'))}, largest "
        f"{words.plain(limits.get('largest'))}, at most "
        f"{words.share_text(limits.get('share_over'))} of the frames off by more than "
        f"{words.plain(limits.get('over'))}; {words.plain(limits.get('frames'))} frames of other "
        "drives make a good check. Errors are of the action, -1 to 1."
    )
    return [[(" " + line, "dim")] for line in wrap(text, width - 2)]
