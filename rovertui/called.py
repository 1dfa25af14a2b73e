"""How a person calls this program: ``./run`` in a clone, ``rovertui`` where it is installed.

Every message that names a command begins it with this word. ``run`` says it in the environment,
which the daemon and the worker inherit.
"""

from __future__ import annotations

import os

CALLED = os.environ.get("ROVERTUI_CALLED") or "rovertui"
