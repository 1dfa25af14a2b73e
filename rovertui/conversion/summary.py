"""The guide's table, measured: every model here, and whether it is better than the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rovertui.config import RUNGS
from rovertui.conversion import figures, npu
from rovertui.conversion.outputs import used
from rovertui.conversion.sheet import FrameError, Sheet
from rovertui.snapshot.words import EARLIER_LIVE, limits
from rovertui.text import ago, clean, size

_FEW = 10
_MARGIN = 0.1


def row(sheet: Sheet, name: str, live: bool = False) -> dict[str, Any]:
    """One model. ``simulator`` and ``npu`` are measurements of the two, None: not measured."""
    check = sheet.check
    return {
        "model": clean(name, 200),
        "checkpoint": clean(sheet.checkpoint, 200),
        "precision": sheet.precision,
        "live": live,
        "earlier_live": False,
        "created": sheet.created,
        "bytes": sheet.rknn_bytes,
        "onnx_bytes": sheet.onnx_bytes,
        "ratio": sheet.rknn_bytes / sheet.onnx_bytes if sheet.onnx_bytes else None,
        "samples": len(sheet.calibration.samples),
        "simulated": sheet.simulated,
        "strength": clean(sheet.strength, 200),
        "within": sheet.within,
        "reasons": [clean(reason, 200) for reason in sheet.reasons],
        "simulator": check
        and {
            "frames": check.frames,
            "mean": check.mean,
            "largest": check.max,
            "over": check.over,
            "over_limit": check.over_limit,
            "numbers": figures.by_number(sheet),
            "common": figures.group(sheet, figures.common),
            "rare": figures.group(sheet, figures.rare),
        },
        **_npu(sheet),
        "built_on": clean(sheet.built_on, 120),
        "before": None,
    }


def _npu(sheet: Sheet) -> dict[str, Any]:
    """``npu`` and ``npu_ms`` as measured on one; a stand-in's figures only under its own name."""
    found = sheet.npu
    empty: dict[str, Any] = {"npu": None, "npu_ms": None, "npu_stand_in": None, "npu_text": ""}
    if found is None:
        return empty
    empty["npu_text"] = npu.words(found)
    error = {
        "frames": found.frames,
        "mean": found.mean,
        "largest": found.largest,
        "from_simulator": found.apart,
    }
    speed = {
        "mean": found.ms_mean,
        "p95": found.ms_p95,
        "runs": found.runs,
        "motion": found.motion,
    }
    about = {
        "rover": clean(found.rover, 120),
        "runtime": clean(found.runtime, 40),
        "problem": clean(found.problem, 300),
    }
    if found.stand_in:
        return {**empty, "npu_stand_in": {**error, "ms": speed, **about}}
    if not found.frames:
        return {**empty, "npu": about}
    return {**empty, "npu": {**error, **about}, "npu_ms": speed}


def order(sheet: Sheet) -> tuple[list[int], float]:
    """Training step by the numbers in the checkpoint's name, then when it was converted."""
    return [int(part) for part in re.findall(r"\d{1,15}", sheet.checkpoint)], sheet.created


def previous(sheet: Sheet, others: Sequence[Sheet]) -> Sheet | None:
    """The model of the checkpoint before: of the same precision, and the newest such."""
    earlier = [
        other
        for other in others
        if other.precision == sheet.precision
        and other.checkpoint != sheet.checkpoint
        and order(other) < order(sheet)
    ]
    return max(earlier, key=order, default=None)


def against(sheet: Sheet, before: Sheet) -> dict[str, Any]:
    """Two models on the frames that both were checked on, each against its own float model.

    ``verdict`` is better or worse when the mean frame error differs by a tenth and most frames
    agree, else alike; ``acts`` is how far the two float policies themselves are apart on these
    frames, by number, in wheel units: a conversion can be faithful to a worse policy.
    """
    pairs = _shared(sheet, before)
    found: dict[str, Any] = {"model": f"{before.checkpoint}_{before.precision}"}
    found["created"] = before.created
    found["frames"] = len(pairs)
    if len(pairs) < _FEW:
        few = f"{len(pairs)} frames in common" if pairs else "no frame in common"
        return {**found, "verdict": "not comparable", "text": f"{few} with {found['model']}"}
    mine = sum(a.error for a, _ in pairs) / len(pairs)
    theirs = sum(b.error for _, b in pairs) / len(pairs)
    closer = sum(a.error < b.error for a, b in pairs) / len(pairs)
    verdict = "alike"
    if mine < theirs * (1 - _MARGIN) and closer > 0.5:
        verdict = "better"
    elif theirs < mine * (1 - _MARGIN) and closer < 0.5:
        verdict = "worse"
    text = (
        f"{verdict} than {found['model']} on the same {len(pairs)} frames: frame error "
        f"{mine:.4f} against {theirs:.4f}, closer in {closer:.0%}"
    ).replace("alike than", "like")
    return {
        **found,
        "verdict": verdict,
        "mean": mine,
        "mean_before": theirs,
        "closer": closer,
        "acts": _apart(sheet, pairs),
        "text": text,
    }


def _shared(sheet: Sheet, before: Sheet) -> list[tuple[FrameError, FrameError]]:
    if sheet.check is None or before.check is None:
        return []
    known = {frame.sha256: frame for frame in before.check.by_frame}
    return [(f, known[f.sha256]) for f in sheet.check.by_frame if f.sha256 in known]


def _apart(sheet: Sheet, pairs: Sequence[tuple[FrameError, FrameError]]) -> list[dict[str, Any]]:
    out = []
    for index, output in enumerate(sheet.outputs):
        for place, given in enumerate(output.numbers):
            values = [
                (a.reference[index][place], b.reference[index][place])
                for a, b in pairs
                if _has(a, index, place) and _has(b, index, place)
            ]
            if values:
                apart = [
                    abs(used(a, output.after) - used(b, output.after)) * given.scale
                    for a, b in values
                ]
                out.append(
                    {"number": given.name, "unit": given.unit, "mean": sum(apart) / len(apart)}
                )
    return out


def _has(frame: FrameError, index: int, place: int) -> bool:
    return index < len(frame.reference) and place < len(frame.reference[index])


def build(models: Sequence[tuple[str, Sheet, bool]]) -> list[dict[str, Any]]:
    """Rows of every model, the newest checkpoint first, its precisions from the smallest on.

    Args:
        models: file name without ending, sheet, whether it is live.
    """
    rows = []
    sheets = [sheet for _, sheet, _ in models]
    by_rung = sorted(models, key=lambda entry: RUNGS.index(entry[1].precision))
    for name, sheet, live in sorted(by_rung, key=lambda e: order(e[1])[0], reverse=True):
        found = row(sheet, name, live)
        before = previous(sheet, sheets)
        if before is not None:
            found["before"] = against(sheet, before)
        rows.append(found)
    return rows


def headline(rows: Sequence[dict[str, Any]]) -> str:
    """Whether the model that was made last is better than the one before it, in one line."""
    if not rows:
        return ""
    newest = max(rows, key=lambda found: found["created"])
    before = newest["before"]
    if before is None:
        return f"Newest: {newest['model']}; no earlier model of its precision to compare it with."
    if before["verdict"] == "not comparable":
        return f"Newest: {newest['model']}; not comparable with the one before: {before['text']}."
    word = {"better": "BETTER", "worse": "WORSE"}.get(before["verdict"], "ALIKE")
    when = ago(max(1.0, newest["created"] - before["created"]))
    apart = ", ".join(
        f"{number['number']} {figures.small(number['mean'], number['unit'])}"
        for number in before["acts"]
    )
    return (
        f"Newest: {newest['model']} is {word}: {before['text']}, made {when} earlier"
        f"{f'; the two policies themselves are apart by {apart}' if apart else ''}."
    )


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The rows for a person; what was not measured says so."""
    head = ("model", "bytes", "of ONNX", "mean", "largest", "over", "NPU", "NPU ms (p95)", "")
    cells = [head, *(_cells(found) for found in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = []
    for line, found in zip(cells, [None, *rows], strict=True):
        lines.append(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
        if found is not None:
            lines += [f"    {text}" for text in details(found)]
    return lines


def _cells(found: dict[str, Any]) -> tuple[str, ...]:
    measured = found["simulator"]
    ratio = f"{found['ratio']:.2f}" if found["ratio"] else ""
    state = "" if found["within"] is None else limits(found["within"])
    live = "LIVE" if found["live"] else EARLIER_LIVE if found["earlier_live"] else ""
    not_yet = "not measured"
    errors = (
        (f"{measured['mean']:.4f}", f"{measured['largest']:.3f}", f"{measured['over_limit']:.1%}")
        if measured
        else (not_yet, "", "")
    )
    return (
        found["model"],
        size(found["bytes"]),
        ratio,
        *errors,
        *_npu_cells(found),
        f"{state} {live}".strip(),
    )


def _npu_cells(found: dict[str, Any]) -> tuple[str, str]:
    """Mean error and milliseconds; a stand-in's say what they are."""
    measured, speed, kind = found["npu"], found["npu_ms"], ""
    if found["npu_stand_in"]:
        measured, kind = found["npu_stand_in"], "stand-in "
        speed = measured["ms"] if measured["frames"] else None
    if measured is None:
        return "not measured", "not measured"
    if not measured.get("frames"):
        return f"{kind}FAILED", "not measured"
    mark = "FAILED " if measured["problem"] else ""
    return (
        f"{kind}{mark}{measured['mean']:.4f}",
        f"{kind}{speed['mean']:.1f} ({speed['p95']:.1f})" if speed else "not measured",
    )


def details(found: dict[str, Any]) -> list[str]:
    """What stands under a model's line: by number, common and rare frames, strength, the trend."""
    lines = []
    measured = found["simulator"]
    for number in measured["numbers"] if measured else ():
        lines.append(_number_words(number))
    if measured and (measured["common"] or measured["rare"]):
        parts = [
            f"{kind} {g['frames']} frames: {g['mean']:.4f}, largest {g['largest']:.3f}"
            for kind in ("common", "rare")
            if (g := measured[kind])
        ]
        lines.append(f"worst number of a frame, mean over {'; '.join(parts)}")
    kind = "SIMULATED data; " if found["simulated"] else ""
    lines.append(f"{kind}in the toolkit's simulator, {found['strength']}")
    if found["built_on"]:
        lines.append(f"built on {found['built_on']}")
    if found["npu_text"]:
        lines.append(found["npu_text"])
    if found["before"]:
        lines.append(found["before"]["text"])
    return lines


def _number_words(number: dict[str, Any]) -> str:
    text = f"{number['output']}.{number['number']}: "
    wheel = number["wheel"]
    if wheel is None:
        text += (
            f"mean {number['mean']:.4f}, largest {number['largest']:.3f}, "
            f"bias {number['bias']:+.4f}"
        )
    else:
        unit = number["unit"]
        text += (
            f"mean {figures.small(wheel['mean'], unit)}, largest "
            f"{figures.small(wheel['largest'], unit)}, bias {figures.small(wheel['bias'], unit)}"
        )
    if number["wrong_sign"] is not None:
        text += f", wrong sign {number['wrong_sign']:.1%} of {number['signed']} that move"
    return text
