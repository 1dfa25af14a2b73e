"""What the link may have to ask the operator while it connects.

A question travels as a message of the daemon's protocol; an answer is used once and is
neither stored nor logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

YES = "yes"


@dataclass(frozen=True)
class Question:
    """One question to whoever sits at the screen.

    Attributes:
        kind: ``fingerprint`` (answered with ``yes`` or anything else) or ``passphrase``.
        text: the question as shown, one or two sentences.
        secret: whether the answer must not be echoed.
        host: the machine it is about, ``name`` or ``[name]:port``.
        fields: what the question shows besides: ``fingerprint``, ``key_type``, ``key_file``,
            ``attempt``.
    """

    kind: Literal["fingerprint", "passphrase"]
    text: str
    secret: bool
    host: str
    fields: Mapping[str, str] = field(default_factory=dict)


Ask = Callable[[Question], "str | None"]
"""Puts a question and waits; ``None`` means that nobody answered or the operator declined."""
