"""A stand-in for nav_msgs.msg, not ROS."""

from geometry_msgs.msg import TwistWithCovariance
from std_msgs.msg import Header


class Odometry:
    __slots__ = ("child_frame_id", "header", "pose", "twist")

    def __init__(self):
        self.header, self.child_frame_id = Header(), ""
        self.pose, self.twist = None, TwistWithCovariance()
