"""The float model's action beside the node's command on the same frame, in a process of its own."""
