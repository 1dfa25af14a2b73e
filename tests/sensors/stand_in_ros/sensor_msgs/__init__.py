"""A stand-in for sensor_msgs, not ROS."""
