"""Kinds of values that several settings share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Precision = Literal["auto", "int8", "hybrid", "int16", "fp16"]
