"""Kinds of values that several settings share."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Rung = Literal["int8", "hybrid", "int16", "fp16"]
Precision = Literal["auto", Rung]
RUNGS: tuple[Rung, ...] = get_args(Rung)
"""In order of usefulness, as ``bench/precision.py`` measures it on the demo policy (docs):

int8 is the smallest, and wrong where a vector of mixed magnitudes decides; hybrid is a tenth
larger and nearly exact; int16 and fp16 are nearly twice as large. int16 is about as exact as
fp16 in the simulator, but that an NPU runs it, and how it is fed there, is not confirmed.
"""
PRECISIONS: tuple[str, ...] = get_args(Precision)
