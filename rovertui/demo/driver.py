"""The scripted driver: a smooth function of what the rover sees and feels.

It is a pure function so that it can be cloned: everything in `View` shows in the pictures (which
way the corridor runs, coloured bollards, how bright it is) and each of the six numbers changes
what it does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINEAR_M_S = 0.18
MAX_ANGULAR_RAD_S = 1.0
GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, slots=True)
class View:
    """What the pictures show, in numbers.

    bearing  rad, to the middle of the way one metre ahead, left positive
    keep_left, keep_right  0..1, how near an orange (blue) bollard asks to be passed
    light    exposure: 1 well lit, below 0.3 dark, above 1.6 blown out
    """

    bearing: float
    keep_left: float
    keep_right: float
    light: float


def decide(view: View, proprio: Sequence[float]) -> tuple[float, float]:
    """The command for a view and `[lin_vel, ang_vel, roll, pitch, accel, min_dist]`: linear and
    angular in -1..1, to be scaled by MAX_LINEAR_M_S and MAX_ANGULAR_RAD_S."""
    lin, ang, roll, pitch, accel, nearest = (float(v) for v in proprio)
    log_light = math.log(max(view.light, 1e-3))
    seeing = 0.3 + 0.7 * _rise(log_light, math.log(0.3), 0.2)
    seeing *= 1.0 - 0.5 * _rise(view.light, 1.7, 0.15)
    level = 1.0 - 0.5 * (1.0 - math.exp(-(roll * roll) / (2.0 * 0.09**2)))
    shaken = 1.0 - 0.6 * (1.0 - math.exp(-(((accel - GRAVITY_M_S2) / 0.9) ** 2) / 2.0))
    clear = _rise(nearest, 0.52, 0.07)
    blocked = _rise(-nearest, -0.38, 0.04)
    forward = 1.05 * seeing * level * shaken * clear - 1.1 * blocked
    forward += 1.5 * pitch - 5.0 * (math.hypot(pitch, 0.03) - 0.03)
    forward += 3.5 * (0.12 * clear - lin)
    turn = 1.5 * view.bearing + 2.6 * (view.keep_left - view.keep_right)
    turn += 2.2 * roll - 0.5 * ang
    return math.tanh(forward), math.tanh(turn)


def bollard_pull(ahead: float, left: float) -> float:
    """0..1: how strongly a bollard at (ahead, left) metres asks to be passed; fades in with
    nearness and out towards the edge of the picture."""
    if ahead <= 0.05:
        return 0.0
    bearing = abs(math.atan2(left, ahead))
    return _rise(-ahead, -0.9, 0.08) * _rise(-bearing, -0.58, 0.04)


def _rise(value: float, middle: float, width: float) -> float:
    """Logistic step from 0 to 1 around `middle`."""
    return 0.5 * (1.0 + math.tanh((value - middle) / (2.0 * width)))
