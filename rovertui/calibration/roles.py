"""Whether a moment is for calibration or for checking.

Source time is cut into blocks that begin at 0 of the source's clock, and every n-th block is for
checking. The role follows from the stamp alone: switching capture off and on, or a restarted
recorder, never gives two roles to one block, and the same drive played again gets the same
roles, so that no moment of it can be calibrated on in one session and checked on in another.
Samples on the two sides of a border are as far apart as the capture rule keeps any two.
"""

from __future__ import annotations

import math
from typing import Literal


def block_of(stamp: float, block: float) -> int:
    """The number of the block of ``block`` seconds that ``stamp`` lies in."""
    return math.floor(stamp / block)


def role_of(stamp: float, block: float, check_every: int) -> Literal["calibration", "check"]:
    """The role of a moment: the last of each ``check_every`` blocks is for checking."""
    last = block_of(stamp, block) % check_every == check_every - 1
    return "check" if last else "calibration"
