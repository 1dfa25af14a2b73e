"""A stand-in for std_msgs.msg, not ROS: fields and their starting values as in Jazzy."""


class _Stamp:
    __slots__ = ("nanosec", "sec")

    def __init__(self):
        self.sec, self.nanosec = 0, 0


class Header:
    __slots__ = ("frame_id", "stamp")

    def __init__(self):
        self.stamp, self.frame_id = _Stamp(), ""


class Float32:
    __slots__ = ("data",)

    def __init__(self):
        self.data = 0.0
