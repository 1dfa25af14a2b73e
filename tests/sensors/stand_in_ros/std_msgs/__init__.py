"""A stand-in for std_msgs, not ROS."""
