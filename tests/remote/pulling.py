"""What tests of a pull share: the pull itself, who watches it, and what is looked at afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from rovertui.remote.checkpoints import list_checkpoints, pick
from rovertui.remote.pull import Pulled, pull
from rovertui.remote.ssh import Link
from rovertui.reporter import Event, Reporter

BIG = 20_000_000
SFTP_ONLY = "ForceCommand internal-sftp"
SFTP_SERVER = next(
    (
        path
        for path in ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")
        if Path(path).exists()
    ),
    "sftp-server",
)


class Watcher(Reporter):
    """Keeps the events of a job, and does something once a share of the bytes has come."""

    def __init__(self, at: float = 2.0, then: Callable[[], None] = lambda: None) -> None:
        self.events: list[Event] = []
        self._at = at
        self._then = then
        super().__init__(self._take)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        if event["kind"] == "progress" and event["done"] >= self._at * event["total"]:
            self._at = 2.0
            self._then()

    def texts(self, kind: str) -> list[str]:
        return [event["text"] for event in self.events if event["kind"] == kind]


def fetch(link: Link, here: Path, reporter: Reporter | None = None, wanted: str = "") -> Pulled:
    directory = link.server.directory
    checkpoint = pick(list_checkpoints(link, directory), wanted)
    return pull(
        link, directory, checkpoint, here / "models", here / "trash", reporter or Reporter()
    )


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def forced(words: str) -> str:
    """A ForceCommand that leaves SFTP alone and runs ``words`` before any other command."""
    sftp = 'if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then exec '
    return f'ForceCommand {sftp}{SFTP_SERVER}; fi; {words}; eval "$SSH_ORIGINAL_COMMAND"'
