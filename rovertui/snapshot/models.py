"""Checkpoints, models, what is live here and elsewhere."""

from __future__ import annotations

from typing import Literal

from rovertui.snapshot.part import Part


class CheckpointView(Part):
    """A checkpoint on the training server. ``fresh``: it came, and nobody has looked at it yet."""

    name: str
    step: int
    bytes: int
    modified: float
    state: Literal["new", "here", "growing", "no onnx"] = "new"
    live: bool = False
    fresh: bool = False

    @property
    def word(self) -> str:
        """``new`` only until somebody has looked; then it is ``there``."""
        if self.live:
            return "LIVE"
        return "there" if self.state == "new" and not self.fresh else self.state


class ServerView(Part):
    """The training server. ``fresh`` counts finished checkpoints that nobody has looked at yet."""

    state: Literal["unset", "waiting", "connecting", "up", "down"] = "unset"
    text: str = ""
    name: str = ""
    checkpoints: list[CheckpointView] = []
    listed: float | None = None
    fresh: int = 0


class ModelView(Part):
    """One file in the models directory: an ONNX, or an RKNN with what was measured on it.

    Attributes:
        wheel: the mean error in wheel units, ``linear 0.1 mm/s, angular 0.5 mrad/s``.
        wrong_sign: share of frames in which a command has the wrong sign, where it matters.
        npu: what its golden frames did on an NPU, or on a stand-in, in one line; empty: not
            measured.
        earlier_live: an earlier build of this name is in service, which this one is not.
    """

    name: str
    checkpoint: str
    precision: str = "onnx"
    bytes: int = 0
    ratio: float | None = None
    modified: float = 0.0
    mean: float | None = None
    largest: float | None = None
    over_limit: float | None = None
    frames: int = 0
    strength: str = ""
    within: bool | None = None
    simulated: bool = False
    live: bool = False
    earlier_live: bool = False
    kept: bool = False
    problem: str = ""
    wheel: str = ""
    wrong_sign: float | None = None
    npu: str = ""


class LiveView(Part):
    """``checkpoint`` is empty where only a file's name tells what is in service.

    ``build`` is what was measured of it where no listed file is that build.
    """

    state: Literal["none", "seen", "believed", "next start", "not ours", "switching"] = "none"
    name: str = ""
    checkpoint: str = ""
    precision: str = ""
    text: str = ""
    previous: str = ""
    build: ModelView | None = None


def with_build(models: list[ModelView], live: LiveView) -> list[ModelView]:
    """``models``, and behind the file of its name the live build that is none of them."""
    if live.build is None:
        return models
    after = next((at for at, model in enumerate(models, 1) if model.earlier_live), len(models))
    return [*models[:after], live.build, *models[after:]]


class CompareView(Part):
    """The float model's action beside the node's command on the same frames, in wheel units.

    Attributes:
        state: ``off`` says in ``text`` why; ``silent`` while no commands come; ``disagrees``
            when most of the last frames are further apart than ``tolerance``.
        reference, command: linear m/s and angular rad/s of the newest frame; empty: none.
        compared, apart: of the last twenty frames, those with a command, and those that differ.
        tolerance: m/s and rad/s.
        age: seconds since this was said.
    """

    state: Literal["off", "starting", "silent", "agrees", "disagrees"] = "off"
    text: str = ""
    model: str = ""
    reference: list[float] = []
    command: list[float] = []
    compared: int = 0
    apart: int = 0
    tolerance: list[float] = []
    age: float | None = None


class HistoryView(Part):
    """A model kept for service: it is live, was, or was put there by somebody else.

    Attributes:
        number: what `rollback` and `pin` take; never used twice.
        state, text: what was last seen of it in service.
        before: number of the entry that was live before it.
        by: who put it into service, ``op, screen``; empty where that was not recorded.
        again, again_job, again_by: when it was put into service anew, as by a rollback.
        forced: the failed checks that were insisted past.
        motion, motion_accepted: what was known at the switch, and whether it was accepted.
    """

    number: int
    name: str
    checkpoint: str
    precision: str
    when: float
    state: Literal["seen", "believed", "next start"] = "next start"
    text: str = ""
    live: bool = False
    pinned: bool = False
    ours: bool = True
    before: int | None = None
    job: str = ""
    by: str = ""
    again: float | None = None
    again_job: str = ""
    again_by: str = ""
    forced: list[str] = []
    motion: str = "unknown"
    motion_accepted: bool = False
    simulated: bool = False

    @property
    def since(self) -> float:
        """When it was put into service last."""
        return self.when if self.again is None else self.again

    @property
    def since_by(self) -> str:
        """Who did that; empty where that was not recorded."""
        return self.by if self.again is None else self.again_by


class RoverView(Part):
    """Another rover of the configuration, as it was when last looked at.

    Attributes:
        state: ``unknown`` until it was looked at.
        text: what was seen of its model in service, or why it cannot be reached.
        live: how its model is in service.
        looked: seconds since 1970, None when never.
    """

    name: str
    host: str = ""
    state: Literal["unknown", "up", "down"] = "unknown"
    text: str = ""
    model: str = ""
    checkpoint: str = ""
    precision: str = ""
    live: Literal["none", "seen", "believed", "next start", "not ours"] = "none"
    runtime: str = ""
    sha256: str = ""
    looked: float | None = None
