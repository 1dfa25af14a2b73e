"""A job as rows: its stages, how it ended, what came out, and the end of its log."""

from __future__ import annotations

from collections.abc import Sequence

from rovertui.snapshot import JobView, ModelView, Snapshot
from rovertui.text import clean, size
from rovertui.ui import words
from widgets.glyphs import Glyphs
from widgets.rows import Piece, Row, wrap
from widgets.stage_bar import Stage, bar, percent, stage_columns


def stages(job: JobView) -> list[Stage]:
    part = words.share(job.done, job.total)
    return [
        Stage(
            words.stage_name(job, index),
            stage.state,
            clean(job.text or stage.text) if stage.state == "running" else clean(stage.text),
            part if stage.state == "running" else None,
        )
        for index, stage in enumerate(job.stages)
    ]


def made(job: JobView) -> str:
    """The name of the model that a job made or switched to; empty without one."""
    for part in (job.result, job.result.get("convert"), job.result.get("deploy")):
        name = part.get("model") if isinstance(part, dict) else None
        if isinstance(name, str):
            return name
    return ""


def _switched(job: JobView) -> bool:
    """Whether it put its model into service here."""
    deployed = job.result.get("deploy") or job.result
    return isinstance(deployed, dict) and "active" in deployed


def outcome(job: JobView | None, snapshot: Snapshot) -> ModelView | None:
    """The RKNN model that an ended job made or switched to, as it is listed now."""
    if job is None or job.state in words.ACTIVE:
        return None
    name = made(job)
    found = next((model for model in snapshot.models if name and model.name == name), None)
    build = snapshot.live.build
    if build is not None and build.name == name and _switched(job):
        return build
    return found if found and found.precision != "onnx" else None


def result_rows(model: ModelView, snapshot: Snapshot) -> list[Row]:
    """What is known of a model: size, precision, error, and what that is worth."""
    first: Row = [
        (" RESULT  ", "title"),
        (clean(model.name), "strong"),
        (f"  {clean(model.precision)}  {size(model.bytes)}", ""),
    ]
    if model.ratio is not None:
        first.append((f", {words.share_text(model.ratio)} of the ONNX", "dim"))
    return [first, *error_rows(model, snapshot, "         ")]


def error_rows(model: ModelView, snapshot: Snapshot, indent: str) -> list[Row]:
    """The error against the float model beside its limits, and how strong that check is."""
    if model.problem:
        return [[(f"{indent}BROKEN ", "bad"), (clean(model.problem), "")]]
    if model.mean is None:
        return [[(f"{indent}error against the float model: ", ""), ("not measured", "warn")]]
    limits = snapshot.limits

    def limit(name: str, text: str) -> Piece:
        return (f" (limit {text})" if name in limits else "", "dim")

    over = limits.get("over", 0.05)
    return [
        [
            (f"{indent}off by ", ""),
            (words.small(model.mean), "strong"),
            (" mean", ""),
            limit("mean", words.plain(limits.get("mean"))),
            (", ", ""),
            (words.small(model.largest), "strong"),
            (" most", ""),
            limit("largest", words.plain(limits.get("largest"))),
        ],
        [
            (f"{indent}", ""),
            (words.share_text(model.over_limit), "strong"),
            (f" of {model.frames} frames over {words.plain(over)}", ""),
            limit("share_over", words.share_text(limits.get("share_over"))),
            ("  ", ""),
            words.verdict(model.within),
        ],
        [(f"{indent}checked: ", ""), (clean(model.strength) or "not said", "strong")],
        *_npu(model, indent),
    ]


def _npu(model: ModelView, indent: str) -> list[Row]:
    """The NPU's figures in two rows, so that 80 columns hold them."""
    if not model.npu:
        return []
    style = "bad" if "FAILED" in model.npu else "warn" if "stand-in" in model.npu else ""
    first, mark, second = clean(model.npu).partition("; ")
    out: list[Row] = [[(indent + first + (";" if mark else ""), style)]]
    return [*out, [(f"{indent}  {second}", style)]] if mark else out


def rows(
    job: JobView | None,
    snapshot: Snapshot,
    tail: Sequence[Piece],
    width: int,
    height: int,
    glyphs: Glyphs,
) -> list[Row]:
    """The running or last job in ``height`` rows. ``tail`` is the end of its log."""
    if job is None:
        first = "" if snapshot.refusals.get("ship") else ": x ships the newest checkpoint in one go"
        return _toolkit(snapshot, glyphs) or [[(" JOB  ", "title"), (f"none yet{first}", "dim")]]
    active = job.state in words.ACTIVE
    head: Row = [
        (f" JOB {job.id}  ", "title"),
        (f"{words.time_gone(job)}  ", ""),
    ]
    if job.paused:
        head = [(f" JOB {job.id}  ", "title"), (f"{clean(job.paused)}  ", "warn")]
    if job.warnings:
        head.append((f"{job.warnings} warning{'s' * (job.warnings > 1)}: L  ", "warn"))
    if active:
        head.append(("esc cancels  ", "dim"))
    head.append((clean(job.title or job.kind), "strong"))
    end: list[Row] = []
    if not active:
        text, style = words.job_sentence(job)
        end = [[(" " + line, style)] for line in wrap(text, max(width - 2, 10))[:3]]
    steps = stages(job)
    model = outcome(job, snapshot)
    result = result_rows(model, snapshot) if model else []
    room = height - 1 - len(end) - (len(result) or 1)
    out = [head, *stage_columns(steps, width, room, glyphs), *end]
    if active and not steps:
        out.append(_plain(job, glyphs))
    out += result[: max(0, height - len(out))]
    left = height - len(out)
    if not result:
        out += [*_toolkit(snapshot, glyphs)][: max(0, left - 1)]
        left = height - len(out)
    if left > 1 and tail:
        if left > 3 and (result or not active):
            out.append([(" " + glyphs.rule * (width - 2), "dim")])
            left -= 1
        out += [[(" ", ""), (text, style or "dim")] for text, style in tail[-left:]]
    return out


def _plain(job: JobView, glyphs: Glyphs) -> Row:
    part = words.share(job.done, job.total)
    row: Row = [(" ", "")]
    if part is not None:
        row += [*bar(part, 24, glyphs), (f" {percent(part)} ", "strong")]
    row.append((clean(job.text), ""))
    return row


def _toolkit(snapshot: Snapshot, glyphs: Glyphs) -> list[Row]:
    """How far the installation of the conversion toolkit is, while it is not ready."""
    toolkit = snapshot.toolkit
    if toolkit.state == "ready":
        return []
    text = clean(toolkit.text)
    if toolkit.state == "installing":
        part = words.share(toolkit.done, toolkit.total)
        row: Row = [(" TOOLKIT ", "title"), ("installing ", "strong")]
        if part is not None:
            row += [*bar(part, 20, glyphs), (f" {percent(part)} ", "strong")]
        return [[*row, (text, "dim")]]
    word = ("MISSING", "warn") if toolkit.state == "missing" else ("FAILED", "bad")
    return [
        [
            (" TOOLKIT ", "title"),
            word,
            (f"  {text or 'conversion needs it'}", ""),
            ("  T installs it", "strong"),
        ]
    ]


def wanted_rows(job: JobView | None, snapshot: Snapshot, width: int) -> int:
    """Rows with which all that matters of a job is seen."""
    if job is None:
        return 2
    count = len(job.stages)
    steps = (count + 1) // 2 if width >= 70 and count > 4 else count
    if job.state in words.ACTIVE:
        return 1 + max(steps, 1) + 4
    model = outcome(job, snapshot)
    return 1 + steps + (5 + len(_npu(model, "")) if model else 4)
