"""A command: what its key and the palette say of it now, and which operation it means."""

from __future__ import annotations

from dataclasses import dataclass

from rovertui.catalogue import BY_ID
from rovertui.snapshot import Snapshot

MAIN = ("drive", "set", "models", "machine")
OVERLAYS = ("log", "page")
EVERYWHERE = (*MAIN, *OVERLAYS)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the operator can have done.

    Attributes:
        name: what the application dispatches on.
        key: the key; empty where only the palette has it.
        label: one or two words for the footer.
        help: one sentence.
        operations: ids of the catalogue; of two, the second undoes the first. None: the
            application does it itself, or opens the page of that name.
        screens: where the key works.
        rank: place in the footer; lower stays longer when there is little room, 0 is not shown.
        params: fixed parameters of the operation.
        quiet: screens whose footers have more important things to say.
    """

    name: str
    key: str
    label: str
    help: str
    operations: tuple[str, ...] = ()
    screens: tuple[str, ...] = EVERYWHERE
    rank: int = 0
    params: tuple[tuple[str, str], ...] = ()
    quiet: tuple[str, ...] = ()

    def rank_on(self, screen: str) -> int:
        """Its place in that screen's footer."""
        return self.rank + (8 if screen in self.quiet else 0)

    def operation(self, snapshot: Snapshot | None) -> str:
        """The operation that the key means now; empty where it is the screen's own."""
        if len(self.operations) == 2 and snapshot is not None and self._undoes(snapshot):
            return self.operations[1]
        return self.operations[0] if self.operations else ""

    def _undoes(self, snapshot: Snapshot) -> bool:
        return snapshot.capture.wanted if self.name == "capture" else snapshot.stream.parked

    def title(self, snapshot: Snapshot | None) -> str:
        """Its name in palette and help."""
        operation = self.operation(snapshot)
        if self.name == "park" and _replays(snapshot):
            return "Go on" if operation == "drive.go" else "Pause"
        return BY_ID[operation].title if operation and not self.params else self.label

    def footer(self, snapshot: Snapshot | None) -> str:
        """Its word in the footer, of steady width."""
        if self.name == "capture":
            return "stop   " if self.operation(snapshot) == "capture.off" else "capture"
        if self.name == "park":
            words = ("go on", "pause") if _replays(snapshot) else ("drive", "park ")
            return words[self.operation(snapshot) != "drive.go"]
        return self.label

    def refusal(self, snapshot: Snapshot | None) -> str:
        """Why it cannot be done now; empty when it can."""
        operation = self.operation(snapshot)
        if not operation:
            return ""
        if snapshot is None:
            return "There is no connection to the daemon yet."
        if self.name == "rollback" and not snapshot.live.previous:
            said = snapshot.refusals.get(operation, "")
            return said or "Nothing was live before it: H lists the kept models, j and R take one."
        return snapshot.refusals.get(operation, "")

    def offered(self, screen: str, snapshot: Snapshot | None) -> bool:
        """Whether footer and help list it there."""
        if screen not in self.screens:
            return False
        if self.name == "park":
            return snapshot is not None and (snapshot.simulated or _replays(snapshot))
        if self.name == "toolkit":
            return snapshot is None or snapshot.toolkit.state != "ready"
        return True


def _replays(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.stream.kind == "replay"
