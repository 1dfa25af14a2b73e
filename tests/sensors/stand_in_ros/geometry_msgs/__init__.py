"""A stand-in for geometry_msgs, not ROS."""
