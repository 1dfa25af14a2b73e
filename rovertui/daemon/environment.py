"""The environment the daemon and its children get: a list, not the first client's shell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_NAMES = {
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
}
_PREFIXES = ("LC_", "PIP_", "ROVERTUI_")
_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 20),
}
"""What keeps a process that runs for weeks small (mallopt(3)). By itself glibc keeps freed memory
for each thread, and raises both thresholds, up to 32 and 64 MB, with every large array freed.
Arrays of a picture stay below the first: a mapping for each of them costs time (measured)."""


def environment(source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What of ``source`` is handed on, where this program's own code lies, and limits of memory.

    A forwarded SSH agent is not handed on: it ends with the login that brought it.
    """
    kept = {
        name: value
        for name, value in source.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }
    kept["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    kept["PYTHONUNBUFFERED"] = "1"
    return {**kept, **_MEMORY}
