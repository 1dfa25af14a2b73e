"""Wi-Fi as the kernel sees it."""

from __future__ import annotations

from rovertui.machine.read import Root
from rovertui.snapshot import WifiView

_WEAK_DBM = -70.0


def wifi(root: Root) -> WifiView | None:
    """The first wireless interface that is up; None where there is none."""
    for line in (root.text("proc/net/wireless") or "").splitlines()[2:]:
        name, _, rest = line.partition(":")
        fields = rest.split()
        try:
            quality, signal = float(fields[1].rstrip(".")), float(fields[2].rstrip("."))
        except (IndexError, ValueError):
            continue
        # Some drivers give dBm plus 256.
        dbm = signal - 256 if signal > 63 else signal
        return WifiView(name=name.strip()[:16], dbm=dbm, quality=quality, weak=dbm < _WEAK_DBM)
    return None
