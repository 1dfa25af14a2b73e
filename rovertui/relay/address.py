"""ZeroMQ addresses as an operator writes them."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from rovertui.errors import OperatorError
from rovertui.text import clean

if TYPE_CHECKING:
    from rovertui.config import Tap

_TCP = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.*-]+):(\d{1,5})")


def host_of(address: str, key: str) -> str:
    """The host of ``tcp://HOST:PORT``. Raises OperatorError naming the key of config.toml."""
    found = _TCP.fullmatch(address)
    if found is None or not 0 < int(found[2]) < 65536:
        raise OperatorError(
            f"config.toml: {key}: expected tcp://HOST:PORT, found {clean(address, 80)!r}."
        )
    return found[1].strip("[]")


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_listen(address: str, network: bool) -> str:
    """A warning about where packets are taken, empty when there is none.

    Raises:
        OperatorError: no address, or one that others can reach without ``tap.network``.
    """
    host = host_of(address, "tap.listen")
    if is_loopback(host):
        return ""
    if not network:
        raise OperatorError(
            f"config.toml: tap.listen is {address}, which other machines can reach.",
            hint="Use tcp://127.0.0.1:5555, or set tap.network = true.",
        )
    return f"Packets are taken at {address}: whoever reaches this rover can send some."


def check_tap(tap: Tap) -> str:
    """As :func:`check_listen`, for both addresses that config.toml names."""
    if tap.upstream:
        host_of(tap.upstream, "tap.upstream")
    return check_listen(tap.listen, tap.network)
