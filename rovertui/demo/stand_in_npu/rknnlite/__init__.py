"""A stand-in for rknn-toolkit-lite2: there is no NPU behind it. See :mod:`.api`."""

STAND_IN = True
