"""The simulated rover in its building: source time, motion, sensors.

Motion advances in ticks of 0.1 s whatever steps the caller takes, and every random number is
drawn by tick or by stamp: the same seed gives the same drive, however it is looked at. Only
numpy and the standard library are used here, because the training script imports this package
under another environment.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .driver import (
    GRAVITY_M_S2,
    MAX_ANGULAR_RAD_S,
    MAX_LINEAR_M_S,
    View,
    bollard_pull,
    decide,
)
from .observation import MAX_DEPTH_M, Observation
from .render import Scene, cast, cast_cylinder, render
from .track import (
    HEADING,
    LAMP,
    LEFT,
    OUTDOORS,
    PITCH,
    RIGHT,
    ROLL,
    ROOM,
    ROUGH,
    ZONE,
    Cylinder,
    Track,
    X,
    Y,
)

TICK_US = 100_000
TICK_S = TICK_US / 1e6
DAY_S = 1500.0
_LAG_S = 0.35
_ROVER_RADIUS_M = 0.16
_NOISE_BLOCK = 1024
_FEELERS = np.tan(np.linspace(-0.22, 0.22, 9))
_LOOK_AHEAD_M = 1.0


class World:
    """One drive. `step` lets source time pass, `observe` renders the present instant.

    `slip` is how much the wheels lose the heading, in rad/s: more of it shows the driver how to
    come back from poses that a good drive never reaches.
    """

    def __init__(self, seed: int = 1, slip: float = 0.15) -> None:
        self.seed = seed
        self._slip = slip
        self._track = Track(seed)
        self._us = 0
        self._tick = 0
        self._along = 0.3
        start = self._track.at(self._along)
        self._x, self._y, self._heading = float(start[X]), float(start[Y]), float(start[HEADING])
        self._lin = 0.0
        self._ang = 0.0
        self._accel = GRAVITY_M_S2
        self._parked = False
        self._phase = float(np.random.default_rng([seed, 102]).uniform(0.0, 1.0))
        self._noise_block = -1
        self._noise: NDArray[np.float64] = np.zeros((0, 4))
        self._walker: Cylinder | None = None
        self._walker_since = -1
        self._walkers_met = 0
        self._nearest = self._nearest_ahead()

    @property
    def stamp(self) -> float:
        """Source time since the start in seconds."""
        return self._us / 1e6

    @property
    def parked(self) -> bool:
        """Whether the rover stands still; sensors, light and passers-by go on."""
        return self._parked

    @parked.setter
    def parked(self, value: bool) -> None:
        self._parked = value
        if value:
            self._lin = self._ang = 0.0
            self._accel = GRAVITY_M_S2

    def step(self, dt: float) -> None:
        """Let `dt` seconds of source time pass (ValueError below 0), to the microsecond."""
        if not dt >= 0.0:
            raise ValueError(f"source time cannot pass by {dt} s")
        self._us += round(dt * 1e6)
        while (self._tick + 1) * TICK_US <= self._us:
            self._advance()

    def observe(self) -> Observation:
        """Render the sensors at the present stamp. Looking changes nothing."""
        rng = np.random.default_rng([self.seed, 103, self._us])
        view = self.view()
        proprio = self._feel(rng)
        here = self._track.at(self._along)
        rgb, depth = render(self._scene(here, view), rng)
        action = np.zeros(2, dtype=np.float32)
        if not self._parked:
            command = np.array(decide(view, proprio.tolist())) + rng.normal(0.0, 0.008, 2)
            action = np.clip(command, -1.0, 1.0).astype(np.float32)
        return Observation(
            stamp=self.stamp,
            rgb=rgb,
            depth=depth,
            proprio=proprio,
            action=action,
            parked=self._parked,
            label=self.label(),
        )

    def view(self) -> View:
        """What the pictures of the present instant tell the driver."""
        here = self._track.at(self._along)
        ahead = self._track.at(self._along + _LOOK_AHEAD_M)
        bearing = _wrap(
            math.atan2(ahead[Y] - self._y, ahead[X] - self._x) - self._heading,
        )
        pulls = {"orange": 0.0, "blue": 0.0}
        for cylinder in self._track.near(self._along, 0.5, 2.0):
            if cylinder.kind in pulls:
                pull = bollard_pull(*self._relative(cylinder))
                pulls[cylinder.kind] = max(pulls[cylinder.kind], pull)
        inside, outside = self._light(here)
        return View(
            bearing=bearing,
            keep_left=pulls["orange"],
            keep_right=pulls["blue"],
            light=outside if here[ZONE] == OUTDOORS else inside,
        )

    def label(self) -> str:
        """Ground truth of the present instant: the rarest thing about it, one of LABELS."""
        here = self._track.at(self._along)
        light = self.view().light
        pitch, roll = self._attitude(here)
        rules = (
            ("dark", light < 0.3),
            ("overexposed", light > 1.6),
            ("reverse", self._lin < -0.02),
            ("fast_turn", abs(self._ang) > 0.2),
            ("near_obstacle", self._nearest < 0.65),
            ("slope", max(abs(pitch), abs(roll)) > 0.05),
            ("outdoors", here[ZONE] == OUTDOORS),
            ("room", here[ZONE] == ROOM),
        )
        return next((name for name, holds in rules if holds), "corridor")

    def _advance(self) -> None:
        self._tick += 1
        wheel, slip, bump, _ = self._tick_noise()
        self._meet_walkers()
        here = self._track.at(self._along)
        pitch, roll = self._attitude(here)
        before = self._lin
        if self._parked:
            self._lin = self._ang = 0.0
        else:
            feeling = (self._lin, self._ang, roll, pitch, self._accel, self._nearest)
            linear, angular = decide(self.view(), feeling)
            share = 1.0 - math.exp(-TICK_S / _LAG_S)
            self._lin += share * (linear * MAX_LINEAR_M_S + 0.006 * wheel - self._lin)
            self._ang += share * (angular * MAX_ANGULAR_RAD_S - self._ang)
            if self._nearest < _ROVER_RADIUS_M:
                self._lin = min(self._lin, 0.0)
            self._heading = _wrap(self._heading + (self._ang + self._slip * slip) * TICK_S)
            self._x += self._lin * math.cos(self._heading) * TICK_S
            self._y += self._lin * math.sin(self._heading) * TICK_S
            self._keep_inside()
        moving = min(abs(self._lin) / 0.1, 1.0)
        self._accel = (
            GRAVITY_M_S2 + (self._lin - before) / TICK_S + 1.6 * here[ROUGH] * bump * moving
        )
        self._nearest = self._nearest_ahead()
        self._track.forget(self._along)

    def _keep_inside(self) -> None:
        """Follow the centre line, and let walls and bollards be solid."""
        for _ in range(2):
            here = self._track.at(self._along)
            dx, dy = self._x - here[X], self._y - here[Y]
            cos, sin = math.cos(here[HEADING]), math.sin(here[HEADING])
            self._along = max(self._along + dx * cos + dy * sin, 0.3)
        here = self._track.at(self._along)
        cos, sin = math.cos(here[HEADING]), math.sin(here[HEADING])
        offset = (self._y - here[Y]) * cos - (self._x - here[X]) * sin
        allowed = min(max(offset, _ROVER_RADIUS_M - here[RIGHT]), here[LEFT] - _ROVER_RADIUS_M)
        self._x += (offset - allowed) * sin
        self._y -= (offset - allowed) * cos
        for cylinder in self._track.near(self._along, 1.0, 1.0):
            dx, dy = self._x - cylinder.x, self._y - cylinder.y
            gap = math.hypot(dx, dy) - cylinder.radius - 0.1
            if gap < 0.0:
                norm = math.hypot(dx, dy) or 1.0
                self._x -= gap * dx / norm
                self._y -= gap * dy / norm

    def _meet_walkers(self) -> None:
        """Somebody comes towards the rover, stands in its way for a moment and steps aside."""
        walkers = self._track.walkers
        if self._walkers_met < len(walkers) and self._along > walkers[self._walkers_met]:
            self._walkers_met += 1
            self._walker_since = self._tick
            self._walker_from = self._along
        self._walker = None
        if self._walker_since < 0:
            return
        age = (self._tick - self._walker_since) * TICK_S
        if age > 11.5:
            self._walker_since = -1
            return
        distance = self._walker_from + max(2.4 - 0.25 * age, 1.05)
        aside = 0.35 * max(age - 8.5, 0.0)
        row = self._track.at(distance)
        side = -1.0 if self._walkers_met % 2 else 1.0
        self._walker = Cylinder(
            x=float(row[X] - math.sin(row[HEADING]) * aside * side),
            y=float(row[Y] + math.cos(row[HEADING]) * aside * side),
            radius=0.2,
            height=1.7,
            kind="person",
        )

    def _nearest_ahead(self) -> float:
        """Smallest distance straight ahead (a cone of 0.22 rad to each side), at most 6 m."""
        walls = self._track.walls(self._along - 0.8, self._along + 7.0, stride=3)
        nearest = cast(walls, self._x, self._y, self._heading, _FEELERS)[0].min()
        for cylinder in self._cylinders(0.2, 3.0):
            hit = cast_cylinder(cylinder, self._x, self._y, self._heading, _FEELERS)
            nearest = min(nearest, hit.min())
        return float(min(nearest, MAX_DEPTH_M))

    def _cylinders(self, behind: float, ahead: float) -> list[Cylinder]:
        standing = self._track.near(self._along, behind, ahead)
        return [*standing, self._walker] if self._walker else standing

    def _relative(self, cylinder: Cylinder) -> tuple[float, float]:
        """Where a cylinder is, ahead and left of the rover, in metres."""
        dx, dy = cylinder.x - self._x, cylinder.y - self._y
        cos, sin = math.cos(self._heading), math.sin(self._heading)
        return dx * cos + dy * sin, dy * cos - dx * sin

    def _attitude(self, here: NDArray[np.float64]) -> tuple[float, float]:
        """Pitch and roll of the ground as a rover not in line with it feels them."""
        off = _wrap(self._heading - float(here[HEADING]))
        cos, sin = math.cos(off), math.sin(off)
        pitch, roll = float(here[PITCH]), float(here[ROLL])
        return pitch * cos - roll * sin, roll * cos + pitch * sin

    def _light(self, here: NDArray[np.float64]) -> tuple[float, float]:
        """Exposure under the roof and outside at this time of day."""
        day = 0.5 + 0.5 * math.cos(2.0 * math.pi * (self._tick * TICK_S / DAY_S + self._phase))
        return float(here[LAMP]) * (0.65 + 0.35 * day), 0.2 + 1.3 * day

    def _feel(self, rng: np.random.Generator) -> NDArray[np.float32]:
        pitch, roll = self._attitude(self._track.at(self._along))
        quiet = 0.5 if self._parked else 1.0
        speed = np.clip(rng.normal(0.0, 0.004, 2) * (1.0, 1.5), -0.015, 0.015) * quiet
        others = rng.normal(0.0, 1.0, 4) * (0.004, 0.004, 0.04, 0.008)
        return np.array(
            [
                self._lin + speed[0],
                self._ang + speed[1],
                roll + others[0],
                pitch + others[1],
                self._accel + others[2],
                min(max(self._nearest + others[3], 0.05), MAX_DEPTH_M),
            ],
            dtype=np.float32,
        )

    def _scene(self, here: NDArray[np.float64], view: View) -> Scene:
        rest = (self._us - self._tick * TICK_US) / 1e6
        heading = self._heading + self._ang * rest
        x = self._x + self._lin * math.cos(heading) * rest
        y = self._y + self._lin * math.sin(heading) * rest
        pitch, roll = self._attitude(here)
        # The camera tilts with the rover: what shows is its tilt against the ground ahead.
        pitch -= self._track.mean(PITCH, self._along + 0.4, self._along + 1.6)
        roll -= self._track.mean(ROLL, self._along + 0.4, self._along + 1.6)
        shake = 0.012 * (self._accel - GRAVITY_M_S2)
        sky = self._track.open_air(self._along - 1.0, self._along + 12.0)
        inside, outside = self._light(here)
        holes = 0.012 + 0.05 * (here[ZONE] == OUTDOORS) + 0.05 * max(view.light - 1.2, 0.0)
        return Scene(
            x=x,
            y=y,
            heading=heading,
            pitch=pitch + shake,
            roll=roll,
            walls=self._track.walls(self._along - 1.0, self._along + 13.0),
            cylinders=self._cylinders(0.5, 9.0),
            open_air=None if sky is None else (sky[0] - self._along, sky[1] - self._along),
            light=inside,
            light_outside=outside,
            holes=float(holes),
        )

    def _tick_noise(self) -> NDArray[np.float64]:
        block, row = divmod(self._tick, _NOISE_BLOCK)
        if block != self._noise_block:
            rng = np.random.default_rng([self.seed, 104, block])
            self._noise = rng.standard_normal((_NOISE_BLOCK, 4))
            self._noise_block = block
        values: NDArray[np.float64] = self._noise[row]
        return values


def _wrap(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
