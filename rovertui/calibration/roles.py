"""Whether a moment is for calibration or for checking.

Source time is cut into blocks that begin at 0 of the source's clock, and every n-th block is for
checking. The role follows from the stamp alone: switching capture off and on, or a restarted
recorder, never gives two roles to one block, and the same drive played again gets the same
roles, so that no moment of it can be calibrated on in one session and checked on in another.
A drive that is recorded for checking only has that role in all its blocks, and a block that has
samples keeps the role they have. Samples on the two sides of a border are as far apart as the
capture rule keeps any two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from rovertui.calibration.index import Entry

Given = Literal["calibration", "check"]


def block_of(stamp: float, block: float) -> int:
    """The number of the block of ``block`` seconds that ``stamp`` lies in."""
    return math.floor(stamp / block)


def role_of(stamp: float, block: float, check_every: int) -> Given:
    """The role of a moment: the last of each ``check_every`` blocks is for checking."""
    last = block_of(stamp, block) % check_every == check_every - 1
    return "check" if last else "calibration"


class Roles:
    """Gives moments their roles beside the samples that are there.

    Args:
        block: seconds. ``check_every``: as for :func:`role_of`.
    """

    def __init__(self, block: float, check_every: int) -> None:
        self._block, self._check_every = block, check_every
        self._entries: Sequence[Entry] = ()
        self._given: dict[int, Given] = {}

    def believe(self, entries: Sequence[Entry]) -> None:
        """Know the samples on disk; the same sequence costs nothing."""
        if entries is self._entries:
            return
        self._entries = entries
        self._given = {
            block_of(entry.verdict.stamp.stamp, self._block): (
                "check" if entry.role == "check" else "calibration"
            )
            for entry in entries
            if entry.verdict.stamp is not None
        }

    def of(self, stamp: float, *, checking: bool = False) -> Given | None:
        """The role of a moment; None where it calibrates, in a drive for checking only."""
        given = self._given.get(block_of(stamp, self._block))
        if checking:
            return None if given == "calibration" else "check"
        return given or role_of(stamp, self._block, self._check_every)
