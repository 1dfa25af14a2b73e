"""From framesets of librealsense to frames: aligned, matched, with the camera's attitude."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.schema import Array, Schema
from rovertui.sensors.attitude import CAMERA, Axes, Smoothed, attitude
from rovertui.sensors.decode import metres
from rovertui.sensors.frame import Frame

# After each start librealsense pairs depth n with colour n-1 for some thirty framesets.
_SAME_MOMENT = 0.6
_TELL_AFTER = 90
_SAME_CLOCK_S = 60.0


class FramesetReader:
    """Turns framesets of one pipeline into frames. Made anew for each start.

    Arrays: rgb (H, W, 3) uint8, depth (H, W) float32 m aligned to colour, and where the camera
    has an IMU ``camera_attitude`` (roll, pitch) rad, ``camera_accel`` m/s^2, ``camera_gyro`` rad/s.
    With ``axes``, roll, pitch and accel of the schema's proprio are filled from them; what the
    camera cannot know is NaN there, never zero.

    Args:
        rs: the module pyrealsense2.
        scale: metres a unit of depth.
        fps: colour frames a second.
        axes: ``source.axes``.
        live: whether time stamps are of now, not of a recording.
    """

    def __init__(
        self,
        rs: Any,
        schema: Schema,
        scale: float,
        fps: float,
        axes: str = "",
        *,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._rs = rs
        self._align = rs.align(rs.stream.color)
        self._scale = scale
        self._period_ms = 1000.0 / fps
        self._far = schema.arrays["depth"].high if "depth" in schema.arrays else 6.0
        self._proprio = schema.arrays.get("proprio")
        self._axes = Axes(axes) if axes else None
        self._own_axes = Axes(CAMERA)
        self._live = live
        self._clock = clock
        self._wall = wall
        self._accel = Smoothed()
        self._last = float("-inf")
        self._apart = 0
        self.dropped = 0
        self.news: list[str] = []

    def read(self, frameset: Any) -> Frame | None:
        """A frame, or None where colour and depth are of different moments or seen before."""
        colour, depth = frameset.get_color_frame(), frameset.get_depth_frame()
        if not colour or not depth:
            return None
        apart = abs(colour.timestamp - depth.timestamp)
        if apart > _SAME_MOMENT * self._period_ms:
            self.dropped += 1
            self._apart += 1
            if self._apart == _TELL_AFTER:
                self.news.append(f"Colour and depth of the camera stay {apart:.0f} ms apart.")
            return None
        self._apart = 0
        if colour.timestamp == self._last:
            return None
        self._last = colour.timestamp
        received = self._clock()
        stamps = {"rgb": colour.timestamp / 1000, "depth": depth.timestamp / 1000}
        motion = self._motion(frameset, stamps)
        aligned = self._align.process(frameset)
        raw = np.asanyarray(aligned.get_depth_frame().get_data())
        arrays: dict[str, NDArray[Any]] = {
            "rgb": np.array(aligned.get_color_frame().get_data(), np.uint8),
            "depth": metres(raw * np.float32(self._scale), self._far),
            **motion,
        }
        if self._axes is not None and self._proprio is not None and "camera_accel" in motion:
            arrays["proprio"] = self._filled(self._proprio, self._axes, motion)
        return Frame(
            stamp=colour.timestamp / 1000,
            received=received,
            arrays=arrays,
            ages=self._ages(stamps),
        )

    def _motion(self, frameset: Any, stamps: dict[str, float]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = {}
        for each in frameset:
            if not each.is_motion_frame():
                continue
            data = each.as_motion_frame().get_motion_data()
            vector = (data.x, data.y, data.z)
            kind = each.profile.stream_type()
            if kind == self._rs.stream.accel:
                seconds = each.timestamp / 1000
                stamps["imu"] = seconds
                smooth = self._accel.add(seconds, vector)
                roll, pitch = attitude(*self._own_axes.turned(smooth))
                found["camera_accel"] = np.array(smooth, np.float32)
                found["camera_attitude"] = np.array([roll, pitch], np.float32)
            elif kind == self._rs.stream.gyro:
                found["camera_gyro"] = np.array(vector, np.float32)
        return found

    @staticmethod
    def _filled(
        proprio: Array, axes: Axes, motion: dict[str, NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        accel = motion["camera_accel"]
        roll, pitch = attitude(*axes.turned(accel.tolist()))
        known = {"roll": roll, "pitch": pitch, "accel": float(np.linalg.norm(accel))}
        return np.array([known.get(field.name, math.nan) for field in proprio.fields], np.float32)

    def _ages(self, stamps: dict[str, float]) -> dict[str, float]:
        newest = max(stamps.values())
        behind = self._wall() - newest if self._live else 0.0
        if not 0 <= behind < _SAME_CLOCK_S:
            behind = 0.0
        return {name: behind + newest - stamp for name, stamp in stamps.items()}
