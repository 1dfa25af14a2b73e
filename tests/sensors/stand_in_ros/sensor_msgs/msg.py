"""A stand-in for sensor_msgs.msg, not ROS."""

from geometry_msgs.msg import Quaternion, Vector3
from std_msgs.msg import Header


class Image:
    __slots__ = ("data", "encoding", "header", "height", "is_bigendian", "step", "width")

    def __init__(self):
        self.header, self.encoding, self.data = Header(), "", b""
        self.height = self.width = self.step = self.is_bigendian = 0


class Imu:
    __slots__ = (
        "angular_velocity",
        "angular_velocity_covariance",
        "header",
        "linear_acceleration",
        "linear_acceleration_covariance",
        "orientation",
        "orientation_covariance",
    )

    def __init__(self):
        self.header, self.orientation = Header(), Quaternion()
        self.angular_velocity, self.linear_acceleration = Vector3(), Vector3()
        self.orientation_covariance = [0.0] * 9
        self.angular_velocity_covariance = [0.0] * 9
        self.linear_acceleration_covariance = [0.0] * 9
