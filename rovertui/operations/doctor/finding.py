"""One thing looked at, and what looks are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from rovertui.config import Config
from rovertui.machine.read import Root
from rovertui.workspace import Workspace

State = Literal["ok", "warning", "missing", "n/a"]


class Finding(msgspec.Struct):
    """One thing looked at.

    Attributes:
        state: ``missing`` keeps something from working that is configured, ``warning`` may;
            ``n/a`` is not here, and nothing asks for it.
        remedy: what to do, in one line; empty for ``ok``.
    """

    name: str
    state: State
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined.

    Attributes:
        root: the file system, or a tree that looks like one.
    """

    workspace: Workspace
    config: Config
    root: Root
