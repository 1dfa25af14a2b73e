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


def environment(source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What of ``source`` is handed on, and where this program's own code lies.

    A forwarded SSH agent is not handed on: it ends with the login that brought it.
    """
    kept = {
        name: value
        for name, value in source.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }
    kept["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    kept["PYTHONUNBUFFERED"] = "1"
    return kept
