"""What the machine says of itself: processors, heat, memory, disk, Wi-Fi, NPU."""
