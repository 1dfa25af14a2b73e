"""A stand-in for rclpy.qos, not ROS."""


class QoSProfile:
    pass


qos_profile_sensor_data = QoSProfile()
