"""Whether a conversion fits into memory, judged before it is begun.

Measured with rknn-toolkit2 2.5.0 (x86_64): 0.48 GB without samples; with INT8 6.3 MB a sample of
1.63 MB (as float32) more, with hybrid 9.4 MB, until it works in chunks from 150 samples on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rovertui.conversion.points import Point
from rovertui.text import size

_BASE = 490_000_000
_A_SAMPLE = 3.9
_A_SAMPLE_OF_HYBRID = 5.8
_CHUNK = 150
_FLOAT = 4


def needed(points: Sequence[Point], samples: int, rung: str) -> int:
    """Bytes that a conversion is expected to take at its peak."""
    return bytes_for(sum(math.prod(point.shape) for point in points), samples, rung)


def bytes_for(numbers: int, samples: int, rung: str) -> int:
    """The same for inputs of so many numbers in all."""
    a_sample = numbers * _FLOAT
    used = 0 if rung == "fp16" else min(samples, _CHUNK)
    times = _A_SAMPLE_OF_HYBRID if rung == "hybrid" else _A_SAMPLE
    return round(_BASE + used * a_sample * times)


def reasons(
    points: Sequence[Point], samples: int, rungs: Sequence[str], free: int | None
) -> list[str]:
    """Why the first rung does not fit; empty when it does, or when nothing is known."""
    if not rungs or free is None or not points:
        return []
    wanted = needed(points, samples, rungs[0])
    if wanted <= free:
        return []
    fitting = samples
    while fitting and needed(points, fitting, rungs[0]) > free:
        fitting -= 1
    what = f"{rungs[0]} with {samples} samples takes about {size(wanted)} of memory"
    way = f", or use at most {fitting} samples" if fitting >= 20 else ""
    return [f"{what}, and {size(free)} are free: end other programs{way}."]
