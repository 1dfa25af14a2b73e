"""What every part of a snapshot is."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, kw_only=True):
    """A part of a snapshot. Unknown keys are ignored, so that versions may differ."""
