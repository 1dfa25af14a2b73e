"""What is missing on this machine, each finding with its remedy in one line."""

from rovertui.operations.doctor.examine import examine, lines
from rovertui.operations.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine", "lines"]
