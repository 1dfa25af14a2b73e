"""Every operation of the catalogue is carried out, and in one place."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from rovertui.catalogue import OPERATIONS
from rovertui.daemon.actions import Actions


def test_every_operation_is_done_at_once_or_starts_a_job() -> None:
    actions = Actions(cast(Any, None))
    tables = (
        actions._now,
        actions._asked,
        actions._slow,
        actions._decisions,
        actions._jobs._starts,
    )
    assert Counter(name for table in tables for name in table) == Counter(
        operation.id for operation in OPERATIONS
    )
