"""A recording made by real librealsense from a software device: no camera, the real code."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyrealsense2 as rs

WIDTH, HEIGHT, FPS = 424, 240, 30
NEAR_MM = 1000
STEP_MM = 10


def record(
    path: Path, count: int = 75, accel: tuple[float, float, float] = (0.0, -9.8, 0.0)
) -> None:
    """Frame k: depth 1000+10k mm, with a hole in a corner; colour (k, 100, 0)."""
    device = rs.software_device()
    depths, colours, motions = (device.add_sensor(name) for name in ("Depth", "Color", "Motion"))
    depth = depths.add_video_stream(_video(rs.stream.depth, 1, rs.format.z16, 2))
    colour = colours.add_video_stream(_video(rs.stream.color, 2, rs.format.rgb8, 3))
    accels = motions.add_motion_stream(_motion(rs.stream.accel, 3))
    gyros = motions.add_motion_stream(_motion(rs.stream.gyro, 4))
    depths.add_read_only_option(rs.option.depth_units, 0.001)
    same = rs.extrinsics()
    same.rotation, same.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]
    depth.register_extrinsics_to(colour, same)
    recorder = rs.recorder(str(path), device)
    sensors = recorder.query_sensors()
    queue = rs.frame_queue(4 * count)
    for sensor, profiles in zip(sensors, (depth, colour, [accels, gyros]), strict=True):
        sensor.open(profiles)
        sensor.start(queue)
    for k in range(count):
        far = np.full((HEIGHT, WIDTH), NEAR_MM + STEP_MM * k, np.uint16)
        far[:20, :20] = 0
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        picture[..., 0], picture[..., 1] = k, 100
        depths.on_video_frame(_frame(far, depth, 2, k))
        colours.on_video_frame(_frame(picture, colour, 3, k))
        motions.on_motion_frame(_felt(accel, accels, k))
        motions.on_motion_frame(_felt((0.0, 0.0, 0.25), gyros, k))
        time.sleep(0.003)
    time.sleep(0.2)
    for sensor in sensors:
        sensor.stop()
        sensor.close()


def _video(kind: Any, number: int, form: Any, size: int) -> Any:
    lens = rs.intrinsics()
    lens.width, lens.height, lens.ppx, lens.ppy = WIDTH, HEIGHT, WIDTH / 2, HEIGHT / 2
    lens.fx = lens.fy = 300
    lens.model, lens.coeffs = rs.distortion.brown_conrady, [0] * 5
    made = rs.video_stream()
    made.type, made.index, made.uid, made.fmt, made.bpp = kind, 0, number, form, size
    made.width, made.height, made.fps, made.intrinsics = WIDTH, HEIGHT, FPS, lens
    return made


def _motion(kind: Any, number: int) -> Any:
    made = rs.motion_stream()
    made.type, made.index, made.uid, made.fps = kind, 0, number, 200
    made.fmt, made.intrinsics = rs.format.motion_xyz32f, rs.motion_device_intrinsic()
    return made


def _stamp(made: Any, profile: Any, k: int) -> Any:
    made.timestamp, made.domain = 1000 + k * 1000 / FPS, rs.timestamp_domain.hardware_clock
    made.frame_number, made.profile = k + 1, profile
    return made


def _frame(pixels: Any, profile: Any, size: int, k: int) -> Any:
    made = rs.software_video_frame()
    made.pixels, made.stride, made.bpp = pixels, WIDTH * size, size
    if size == 2:
        made.depth_units = 0.001
    return _stamp(made, profile.as_video_stream_profile(), k)


def _felt(vector: tuple[float, float, float], profile: Any, k: int) -> Any:
    made = rs.software_motion_frame()
    data = rs.vector()
    data.x, data.y, data.z = vector
    made.data = data
    return _stamp(made, profile.as_motion_stream_profile(), k)
