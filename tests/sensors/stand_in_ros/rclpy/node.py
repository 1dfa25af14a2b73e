"""A stand-in for rclpy.node, not ROS."""

import time

from .qos import QoSProfile

subscriptions = {}


class _Time:
    def __init__(self):
        self.nanoseconds = time.time_ns()


class _Clock:
    def now(self):
        return _Time()


class Node:
    def __init__(self, node_name):
        assert isinstance(node_name, str) and node_name.isidentifier()

    def create_subscription(self, msg_type, topic, callback, qos_profile):
        assert isinstance(msg_type, type) and callable(callback)
        assert isinstance(topic, str) and topic
        assert isinstance(qos_profile, QoSProfile)
        subscriptions[topic] = (msg_type, callback)

    def get_clock(self):
        return _Clock()

    def destroy_node(self):
        subscriptions.clear()
