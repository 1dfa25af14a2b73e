"""Jobs, questions, messages, the toolkit."""

from __future__ import annotations

from typing import Any, Literal

from rovertui.snapshot.part import Part


class StageView(Part):
    name: str
    state: Literal["waiting", "running", "done", "failed", "skipped"]
    text: str = ""


class JobView(Part):
    """A job. ``seconds`` are those at work; ``paused`` says why it rests now, if it does."""

    id: int
    kind: str
    title: str
    state: Literal["queued", "running", "waiting", "done", "failed", "cancelled", "interrupted"]
    stages: list[StageView] = []
    done: float = 0.0
    total: float = 0.0
    text: str = ""
    events: int = 0
    warnings: int = 0
    started: float | None = None
    seconds: float = 0.0
    paused: str = ""
    earlier: float | None = None
    result: dict[str, Any] = {}


class ToolkitView(Part):
    state: Literal["missing", "installing", "ready", "failed"] = "missing"
    text: str = ""
    done: float = 0.0
    total: float = 0.0


class QuestionView(Part):
    """Something only a person can decide; answered by id, kept nowhere."""

    id: int
    kind: str
    text: str
    secret: bool = False
    choices: list[str] = []


MessageLevel = Literal["", "good", "warn", "bad"]


class MessageView(Part):
    """Something to be read again; ``when`` in seconds since 1970, of the newest of ``count``."""

    when: float
    text: str
    level: MessageLevel = ""
    count: int = 1
