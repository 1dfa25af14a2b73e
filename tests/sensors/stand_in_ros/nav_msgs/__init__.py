"""A stand-in for nav_msgs, not ROS."""
