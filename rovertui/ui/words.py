"""What a snapshot means in words: states, figures and sentences that several screens share."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from rovertui.called import called
from rovertui.snapshot import JobView, ModelView, Snapshot
from rovertui.snapshot.words import CAPTURE, SET_COMPLETE, limits
from rovertui.text import clean, duration
from widgets.rows import Piece, middle

Level = Literal["ok", "WARN", "BAD"]
STYLE: dict[str, str] = {"ok": "good", "WARN": "warn", "BAD": "bad"}

NOT_KNOWN = "NOT KNOWN"
"""Of recording and of the stream, without a daemon: what was said last may be over."""

ACTIVE = ("running", "waiting", "queued")
_ENDED = {
    "done": ("ok", "good"),
    "failed": ("FAILED", "bad"),
    "cancelled": ("cancelled", "warn"),
    "interrupted": ("INTERRUPTED", "bad"),
}
_VERDICT = re.compile(r"\b[A-Z]{2,7}\b")
_STEP = re.compile(r"(\d+)$")


def step(checkpoint: str) -> int:
    """The training step at the end of a checkpoint's name; -1 without one."""
    found = _STEP.search(checkpoint)
    return int(found[1][-18:]) if found else -1


def short(checkpoint: str, width: int = 14) -> str:
    """A checkpoint as its training step, or its name shortened."""
    found = _STEP.search(checkpoint)
    return middle(clean(found[1] if found else checkpoint), width)


def model_short(snapshot: Snapshot, name: str) -> str:
    """A model's name as its training step, where the model is known."""
    model = next((m for m in snapshot.models if m.name == name), None)
    return short(model.checkpoint if model and model.checkpoint else name)


def model_words(checkpoint: str, precision: str) -> str:
    """A model in two words: training step and precision."""
    return f"{short(checkpoint, 40)} {clean(precision)}".strip() if checkpoint else ""


def present_job(snapshot: Snapshot) -> JobView | None:
    """The job that runs, else one that waits, else the last one."""
    for state in ACTIVE:
        for job in snapshot.jobs:
            if job.state == state:
                return job
    return max(snapshot.jobs, key=lambda job: job.id, default=None)


def running_job(snapshot: Snapshot) -> JobView | None:
    job = present_job(snapshot)
    return job if job and job.state in ACTIVE else None


def share(done: float, total: float) -> float | None:
    """What is done of ``total`` as 0.0 to 1.0; None when it is not known."""
    if not total > 0 or not math.isfinite(done) or not math.isfinite(total):
        return None
    return min(1.0, max(0.0, done / total))


def cancellable(job: JobView) -> bool:
    """Whether it can be cancelled still: a deployment after its switch is only listened to."""
    running = {stage.name for stage in job.stages if stage.state == "running"}
    return job.state in ACTIVE and not running & {"reload", "confirm"}


def stage_name(job: JobView, index: int) -> str:
    """A stage in words; of two checks in a job the one before the switch is another question."""
    name = clean(job.stages[index].name)
    following = {stage.name for stage in job.stages[index + 1 : index + 3]}
    return "may it run" if name == "check" and "switch" in following else name


def job_word(job: JobView, words: int = 2) -> Piece:
    """A job in few words: ``ship 3/6 quantize  58%``, ``ship ok``.

    ``words`` 1 leaves the stage's number away, 0 its name and the share: beside the number alone
    the share of a stage would read as that of the job.
    """
    if job.state not in ACTIVE:
        word, style = _ENDED.get(job.state, (job.state, ""))
        if job.result.get("ready") is True:
            # The keys are for this rover; what to do on another one is in the job's sentence.
            key = "" if job.result.get("rover") else f": {'R' if job.kind == 'rollback' else 'D'}"
            word, style = f"ready{key}", "warn"
        return clean(f"{job.kind} {word}"), style
    if job.state != "running":
        return clean(f"{job.kind} {job.state}"), "warn"
    if job.paused:
        return clean(f"{job.kind} paused"), "warn"
    said = job.kind
    index = next((i for i, stage in enumerate(job.stages) if stage.state == "running"), None)
    if index is not None:
        said += f" {index + 1}/{len(job.stages)}" if words != 1 else ""
        said += f" {stage_name(job, index)}" if words >= 1 else ""
    part = share(job.done, job.total) if words >= 1 else None
    return clean(said if part is None else f"{said} {int(part * 100 + 1e-9):3d}%"), "info"


def job_sentence(job: JobView) -> Piece:
    """How a job ended, as a sentence."""
    word, style = _ENDED.get(job.state, (job.state, ""))
    if job.state == "done":
        word = "done"
    text = clean(job.text)
    return f"{job.kind} {word}: {text}" if text else f"{job.kind} {word}.", style


def time_gone(job: JobView) -> str:
    if job.state in ("queued", "waiting"):
        return job.state
    if job.state != "running":
        return f"{duration(job.seconds)} in all"
    before = "first time here" if job.earlier is None else f"{duration(job.earlier)} last time"
    return f"{duration(job.seconds):>6} gone, {before}"


def capture_word(snapshot: Snapshot, told: bool = False) -> Piece:
    """Whether it records; ``told`` adds how far the set is, in figures of steady width."""
    capture, coverage = snapshot.capture, snapshot.coverage
    part = share(capture.kept, capture.target) or 0.0
    if capture.goal:
        part = min(1.0, max(0.0, coverage.score / 100))
    far = f" {int(part * 100 + 1e-9):3d}%" if told else ""
    return {
        "off": ("rec off", "dim"),
        "on": (f"REC{far}", "good"),
        "starting": ("REC starts", "warn"),
        "stalled": (f"REC {CAPTURE['stalled']}", "bad"),
        "complete": (SET_COMPLETE, "good"),
    }[capture.state]


def live_words(snapshot: Snapshot) -> tuple[str, str, str]:
    """Name, precision and how it is known, of the live model."""
    live = snapshot.live
    if live.state == "none":
        return "none", "", ""
    name = model_short(snapshot, live.name) if live.name else ""
    return name, clean(live.precision), live.state


def no_source(snapshot: Snapshot) -> str:
    """What to do first where no source of frames is set; empty where one is."""
    if snapshot.stream.state != "none":
        return ""
    return "No source of frames is set: press : and type set up."


def no_server(snapshot: Snapshot) -> str:
    """What to do first where no training server is set; empty where one is."""
    if snapshot.server.state != "unset":
        return ""
    return f"No V620 is set: press : and type set up, or {called()} configure v620.host=HOST."


FEW_SAMPLES = 50
"""A set with fewer samples for calibration is called small before a model is quantized on it."""


def few_samples(snapshot: Snapshot, precision: str = "") -> str:
    """What converting on the present set is worth where it is small; empty where it is enough."""
    capture = snapshot.capture
    kept = capture.kept
    if precision == "fp16" or (capture.goal and capture.complete):
        return ""
    if capture.goal and capture.lacking:
        return f"{kept}; {clean(capture.lacking)}"
    if kept >= FEW_SAMPLES:
        return ""
    return f"{kept} of {FEW_SAMPLES} wanted"


def weak_check(snapshot: Snapshot) -> str:
    """What a model's check will be worth on the present set; empty where it is a good one."""
    capture, wanted = snapshot.capture, int(snapshot.limits.get("frames", 0))
    if not capture.counted or min(capture.checking, capture.check_apart) >= wanted:
        return ""
    if not capture.checking:
        return "there are no frames for checking: nothing will be known of its error"
    return (
        f"it will be checked on {capture.checking} frames, {capture.check_apart} of another "
        f"drive: WEAK ({wanted} of another drive are wanted: Record to check, : finds it)"
    )


def figure(value: float | None, width: int = 8, decimals: int = 2) -> str:
    """A number right-aligned in ``width`` cells, so that digits stay where they are."""
    if value is None or not math.isfinite(value):
        return "-".rjust(width)
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    if len(text) > width:
        text = f"{value:.1e}" if abs(value) >= 1e5 else f"{value:.0f}"
    return text.rjust(width)


def small(value: float | None) -> str:
    """An error figure of two digits that count: ``0.0041``, ``0.031``; ``-`` when unmeasured."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    if value >= 1:
        return f"{value:.1f}"
    if value < 0.00005:
        return "<.0001"
    return f"{value:.{min(4, 1 - math.floor(math.log10(value)))}f}"


def plain(value: float | None) -> str:
    """A limit as it is written in config.toml."""
    return "-" if value is None else f"{value:g}"


def verdict(within: bool | None) -> Piece:
    """What a model's error is beside its limits, in its colour."""
    return limits(within), {True: "good", False: "bad", None: "warn"}[within]


def share_text(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value * 100:.1f}%" if value < 0.0995 else f"{value * 100:.0f}%"


def strength(model: ModelView) -> str:
    """How well a model was checked: ``OK 120``, ``WEAK 12``, ``OVER`` the limits, ``-``."""
    if model.problem:
        return "BROKEN"
    if model.mean is None:
        return "-"
    verdict = _VERDICT.search(clean(model.strength))
    word = "OVER" if model.within is False else verdict[0] if verdict else "ok"
    return f"{word} {model.frames}"


_MOST_STEPS = 10_000


def event_line(event: dict[str, Any]) -> Piece:
    """One event of a job as a line of its log."""
    kind = str(event.get("kind", ""))
    text = clean(str(event.get("text", "")))
    if kind == "stage":
        return f"== {clean(str(event.get('stage', '')))} {text}".rstrip(), "title"
    if kind == "progress":
        done, total = event.get("done", 0), event.get("total", 0)
        # Bytes have their own words already; steps are few enough to be counted.
        steps = _numbers(done, total) and 0 < total < _MOST_STEPS
        return clean(f".. {done:.0f}/{total:.0f} {text}" if steps else f".. {text}"), "dim"
    if kind == "warning":
        return f"WARNING {text}", "warn"
    if kind == "pause":
        return f"-- {text}", "warn"
    if kind == "result":
        state = clean(str(event.get("state", "")))
        return f"== {state or 'end'}: {text}", "good" if state in ("done", "") else "bad"
    return text, ""


def _numbers(*values: object) -> bool:
    return all(isinstance(value, (int, float)) for value in values)
