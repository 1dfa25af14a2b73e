"""A stand-in for rclpy.executors, not ROS."""


class ExternalShutdownException(Exception):
    pass
