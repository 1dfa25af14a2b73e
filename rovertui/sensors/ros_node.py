"""Topics in, packets of the collector's format out. Run by the system's Python, not by ours.

Needs rclpy (ROS 2 Jazzy), NumPy and pyzmq, and nothing of rovertui, so that it runs where the
setup files are sourced. Colours are sent raw. What no topic gives is NaN, never zero.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import struct
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import rclpy
import zmq
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, Imu
from std_msgs.msg import Float32

_HWM = 4
_KEPT_DEPTHS = 6
_TOGETHER_S = 0.02
_FRESH_S = 0.5
_COLOURS = {"rgb8": (0, 1, 2), "bgr8": (2, 1, 0), "rgba8": (0, 1, 2), "bgra8": (2, 1, 0)}


def stamp_of(header: Any) -> float:
    """Seconds of a message's time stamp."""
    return float(header.stamp.sec + header.stamp.nanosec * 1e-9)


def rows(message: Any, kind: type[Any], channels: int) -> NDArray[Any]:
    """An image's pixels, (H, W, channels) or (H, W), without the padding of its rows."""
    dtype = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    wide = message.width * channels * dtype.itemsize
    data = np.frombuffer(bytes(message.data), np.uint8).reshape(message.height, message.step)
    pixels = np.ascontiguousarray(data[:, :wide]).view(dtype)
    shape = (message.height, message.width, channels)
    shaped: NDArray[Any] = pixels.reshape(shape if channels > 1 else shape[:2])
    return shaped


def colour_of(message: Any) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB. ValueError names an encoding that is not understood."""
    order = _COLOURS.get(message.encoding)
    if order is None:
        raise ValueError(f"colour is {message.encoding}, expected one of {', '.join(_COLOURS)}")
    return np.ascontiguousarray(rows(message, np.uint8, len(message.encoding) - 1)[..., order])


def depth_of(message: Any) -> NDArray[np.float32]:
    """(H, W) float32 metres. ValueError names an encoding that is not understood."""
    if message.encoding in ("16UC1", "mono16"):
        metres: NDArray[np.float32] = np.divide(rows(message, np.uint16, 1), 1000, dtype=np.float32)
        return metres
    if message.encoding == "32FC1":
        return rows(message, np.float32, 1).astype(np.float32)
    raise ValueError(f"depth is {message.encoding}, expected 16UC1 or 32FC1")


def tilt(imu: Any) -> tuple[float, float]:
    """Roll and pitch in rad: of the orientation where the driver gives one, else of gravity."""
    if imu.orientation_covariance[0] == -1:
        a = imu.linear_acceleration
        return math.atan2(a.y, a.z), math.atan2(-a.x, math.hypot(a.y, a.z))
    q = imu.orientation
    roll = math.atan2(2 * (q.w * q.x + q.y * q.z), 1 - 2 * (q.x * q.x + q.y * q.y))
    pitch = math.asin(max(-1.0, min(1.0, 2 * (q.w * q.y - q.z * q.x))))
    return roll, pitch


class Listener(Node):  # type: ignore[misc]
    """Holds the latest of each topic, and sends a packet for each colour picture.

    With ``--numbers`` there are no pictures (one pixel stands for them), and odometry is what a
    packet is sent for: for a camera that another program holds.
    """

    def __init__(self, given: argparse.Namespace, send: Callable[[bytes], None]) -> None:
        super().__init__("rovertui_listener")
        self._send = send
        self._scale = (given.max_linear, given.max_angular)
        self._period = 1.0 / given.rate
        self._depths: deque[Any] = deque(maxlen=_KEPT_DEPTHS)
        self._waiting: Any = None
        self._sent = -math.inf
        self._latest: dict[str, tuple[float, Any]] = {}
        self._complained: set[str] = set()
        self._numbers_only = given.numbers
        topics = json.loads(given.topics)
        for name, kind, take in (
            ("colour", Image, self._take_colour),
            ("depth", Image, self._take_depth),
            ("imu", Imu, self._keep("imu")),
            ("odometry", Odometry, self._take_odometry),
            ("distance", Float32, self._keep("distance")),
            ("command", Twist, self._keep("command")),
        ):
            pictures = name in ("colour", "depth")
            if topics.get(name) and not (given.numbers and pictures):
                self.create_subscription(kind, topics[name], take, qos_profile_sensor_data)

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds * 1e-9)

    def _keep(self, name: str) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self._latest[name] = (self._now(), message)

        return take

    def _take_odometry(self, message: Any) -> None:
        self._keep("odometry")(message)
        at = stamp_of(message.header)
        if self._numbers_only and at - self._sent >= 0.9 * self._period:
            self._sent = at
            nothing = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32)
            self._send(self._packet(*nothing, at, message))

    def _take_colour(self, message: Any) -> None:
        if self._waiting is not None:
            # No depth came close enough: sent all the same, with stamps that say so.
            self._pair(math.inf)
        if stamp_of(message.header) - self._sent >= 0.9 * self._period:
            self._waiting = message
            self._pair(_TOGETHER_S)

    def _take_depth(self, message: Any) -> None:
        self._depths.append(message)
        if self._waiting is not None:
            self._pair(_TOGETHER_S)

    def _pair(self, within: float) -> None:
        colour = self._waiting
        at = stamp_of(colour.header)
        depth = min(self._depths, key=lambda each: abs(stamp_of(each.header) - at), default=None)
        if depth is None or abs(stamp_of(depth.header) - at) > within:
            return
        self._waiting, self._sent = None, at
        try:
            self._send(self._packet(colour_of(colour), depth_of(depth), at, depth))
        except ValueError as error:
            self._complain(str(error))

    def _complain(self, text: str) -> None:
        if text not in self._complained:
            self._complained.add(text)
            print(text, file=sys.stderr, flush=True)  # noqa: T201

    def _fresh(self, name: str) -> Any:
        at, message = self._latest.get(name, (-math.inf, None))
        return message if self._now() - at <= _FRESH_S else None

    def _packet(
        self, rgb: NDArray[Any], depth: NDArray[Any], at: float, depth_message: Any
    ) -> bytes:
        stamps = {"rgb": at, "depth": stamp_of(depth_message.header)}
        proprio, action = np.full(6, np.nan, np.float32), np.full(2, np.nan, np.float32)
        odometry, imu = self._fresh("odometry"), self._fresh("imu")
        distance, command = self._fresh("distance"), self._fresh("command")
        if odometry is not None:
            proprio[:2] = odometry.twist.twist.linear.x, odometry.twist.twist.angular.z
            stamps["velocity"] = stamp_of(odometry.header)
        if imu is not None:
            a = imu.linear_acceleration
            proprio[2:5] = *tilt(imu), math.sqrt(a.x * a.x + a.y * a.y + a.z * a.z)
            stamps["imu"] = stamp_of(imu.header)
        if distance is not None:
            proprio[5] = distance.data
        if command is not None:
            action[:] = command.linear.x / self._scale[0], command.angular.z / self._scale[1]
        metadata = json.dumps(
            {
                "timestamp": at,
                "episode_step": 0,
                "reward": 0.0,
                "done": False,
                "rgb_shape": list(rgb.shape),
                "depth_shape": list(depth.shape),
                "proprio_shape": [6],
                "action_shape": [2],
                "rgb_compressed": False,
                "stamps": stamps,
            }
        ).encode()
        parts = [each.tobytes() for each in (rgb, depth, proprio, action)]
        return b"".join([struct.pack("<I", len(metadata)), metadata, *parts])


def main(arguments: list[str] | None = None) -> None:
    """Listen until interrupted."""
    parser = argparse.ArgumentParser(prog="ros_node.py")
    parser.add_argument("--to", required=True, help="ZeroMQ address that takes packets")
    parser.add_argument("--topics", required=True, help="JSON: what is which topic")
    parser.add_argument("--rate", type=float, default=10.0, help="most packets a second")
    parser.add_argument(
        "--numbers", action="store_true", help="no pictures: a packet for each odometry"
    )
    parser.add_argument("--max-linear", type=float, default=1.0, help="m/s of action 1.0")
    parser.add_argument("--max-angular", type=float, default=1.0, help="rad/s of action 1.0")
    given = parser.parse_args(arguments)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    socket = context.socket(zmq.PUSH)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SNDHWM, _HWM)
    socket.connect(given.to)

    def send(packet: bytes) -> None:
        # When nobody takes them now, the next picture is newer.
        with contextlib.suppress(zmq.Again):
            socket.send(packet, zmq.NOBLOCK)

    rclpy.init()
    node = Listener(given, send)
    try:
        with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
            rclpy.spin(node)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
