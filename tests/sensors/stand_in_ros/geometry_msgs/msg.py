"""A stand-in for geometry_msgs.msg, not ROS."""


class Vector3:
    __slots__ = ("x", "y", "z")

    def __init__(self):
        self.x = self.y = self.z = 0.0


class Quaternion:
    __slots__ = ("w", "x", "y", "z")

    def __init__(self):
        self.x = self.y = self.z = 0.0
        self.w = 1.0


class Twist:
    __slots__ = ("angular", "linear")

    def __init__(self):
        self.linear, self.angular = Vector3(), Vector3()


class TwistWithCovariance:
    __slots__ = ("covariance", "twist")

    def __init__(self):
        self.twist, self.covariance = Twist(), [0.0] * 36
