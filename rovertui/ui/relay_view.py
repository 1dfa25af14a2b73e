"""The tap between collector and V620 as rows: what arrives there, and what is lost."""

from __future__ import annotations

from rovertui.snapshot import RelayView
from rovertui.snapshot.words import STREAM
from rovertui.text import ago, clean, size
from rovertui.ui.state import State
from widgets.rows import Row

_WORD = {
    "none": ("", ""),
    "starting": ("starting", "warn"),
    "up": ("", ""),
    "stopped": ("STOPPED", "warn"),
    "down": (STREAM["down"], "bad"),
}
LOSSY = 0.1
"""Share of the messages from which a loss is worth the first word of the header."""


def loss(relay: RelayView) -> str:
    """What the V620 misses, in one sentence; empty while it misses little."""
    if relay.lost_share is None or relay.lost_share < LOSSY or relay.upstream_state == "unset":
        return ""
    if relay.rate < 10:
        return f"V620 gets {relay.sent_rate:.1f} of {relay.rate:.1f} frames/s"
    return f"V620 gets {relay.sent_rate:.0f} of {relay.rate:.0f} frames/s"


def relay_rows(relay: RelayView, state: State) -> list[Row]:
    """One line of figures; a second one where there is something to be told."""
    if relay.state == "none":
        return []
    row: Row = [(" TO V620 ", "title")]
    word, style = _WORD[relay.state]
    if word:
        row.append((f" {word}", style))
    elif relay.upstream_state == "unset":
        row.append((f" nowhere: {relay.rate:4.1f}/s taken", "strong"))
        row.append(("  set tap.upstream in config.toml to pass them on", "dim"))
    else:
        row.append((f" {relay.sent_rate:5.1f}/s of {relay.rate:5.1f}/s", "strong"))
        row.append((f"  {size(relay.sent_bytes_rate):>8}/s", ""))
        if relay.lost_share is not None:
            look = "warn" if relay.lost_share >= LOSSY else ""
            row.append((f"  {relay.lost_share * 100:3.0f}% lost", look))
        if relay.upstream_state != "up":
            row.append((f"  V620 {relay.upstream_state}", "warn"))
    if relay.state == "up" and relay.age is not None and relay.age + state.late >= 2:
        row.append((f"  no packet for {ago(relay.age + state.late)}", "warn"))
    machine = state.snapshot.machine if state.snapshot else None
    if machine is not None and machine.wifi is not None:
        wifi = machine.wifi
        row.append((f"  Wi-Fi {wifi.dbm:.0f} dBm", "warn" if wifi.weak else "dim"))
        row.append((" WEAK" if wifi.weak else "", "warn"))
    said = clean(relay.warnings[0]) if relay.warnings else clean(relay.text)
    if relay.state == "up" and not relay.warnings:
        said = clean(relay.upstream_text) if relay.upstream_state == "down" else ""
    return [row, [(f"          {said}", "warn")]] if said else [row]
