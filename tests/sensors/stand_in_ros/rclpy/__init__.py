"""A stand-in for rclpy, not ROS: see README.md beside it."""

import os
import time

from . import node as _node


def init(args=None):
    if os.environ.get("STAND_IN_FAILS"):
        raise RuntimeError("failed to initialize rcl: no such middleware")


def try_shutdown():
    pass


def spin(node):
    from sensor_msgs.msg import Image

    lacks = os.environ.get("STAND_IN_LACKS", "").split(",")
    number = 0
    while True:
        number += 1
        at = time.time()
        for topic, (kind, callback) in _node.subscriptions.items():
            if topic.strip("/") in lacks:
                continue
            message = kind()
            if kind is Image:
                _picture(message, topic, number)
            else:
                _numbers(message, number)
            if hasattr(message, "header"):
                message.header.stamp.sec = int(at)
                message.header.stamp.nanosec = int((at % 1) * 1e9)
            callback(message)
        time.sleep(0.05)


def _picture(message, topic, number):
    import numpy as np

    message.height, message.width = 240, 424
    if "depth" in topic:
        pixels = np.full((240, 424), 1500 + number, np.uint16)
        message.encoding, message.step = "16UC1", 424 * 2
        message.data = pixels.tobytes()
    else:
        # Rows are padded, as some drivers do; BGR.
        pixels = np.zeros((240, 1280), np.uint8)
        pixels[:, :1272].reshape(240, 424, 3)[...] = (10, 20, 200)
        message.encoding, message.step = "bgr8", 1280
        message.data = pixels.tobytes()


def _numbers(message, number):
    name = type(message).__name__
    noise = number % 7 * 1e-3
    if name == "Imu":
        message.orientation.w = 1.0
        message.linear_acceleration.z = 9.8 + noise
    elif name == "Odometry":
        message.twist.twist.linear.x = 0.1 + noise
        message.twist.twist.angular.z = -0.2
    elif name == "Float32":
        message.data = 1.25
    else:
        message.linear.x, message.angular.z = 0.09, 0.5
