"""Where things lie in a workspace, and how a workspace is found."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from rovertui import config_file
from rovertui.called import called
from rovertui.config import Config
from rovertui.errors import OperatorError

_LONGEST_SOCKET_PATH = 100


class Workspace:
    """A directory with ``config.toml``; everything the program keeps is in ``.rovertui``."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """The nearest directory at or above ``start`` that holds a ``config.toml``."""
        start = start.resolve()
        for directory in (start, *start.parents):
            if (directory / config_file.NAME).is_file():
                return cls(directory)
        raise OperatorError(
            f"{start}: no {config_file.NAME} here or in a directory above.",
            hint=f"Run `{called()} init` in the directory that is to be the workspace.",
        )

    def load(self) -> Config:
        return config_file.load(self.config_path)

    @property
    def config_path(self) -> Path:
        return self.root / config_file.NAME

    @property
    def kept(self) -> Path:
        return self.root / ".rovertui"

    @property
    def state(self) -> Path:
        return self.kept / "state.json"

    @property
    def jobs(self) -> Path:
        return self.kept / "jobs"

    @property
    def logs(self) -> Path:
        return self.kept / "logs"

    @property
    def trash(self) -> Path:
        return self.kept / "trash"

    @property
    def quarantine(self) -> Path:
        return self.kept / "quarantine"

    @property
    def scratch(self) -> Path:
        return self.kept / "scratch"

    @property
    def known_hosts(self) -> Path:
        """Host keys that the operator accepted here; `~/.ssh/known_hosts` is never written."""
        return self.kept / "known_hosts"

    @property
    def audit(self) -> Path:
        """Who decided what; only ever appended to."""
        return self.kept / "audit.jsonl"

    @property
    def decisions(self) -> Path:
        """What a person decided about the inputs of models."""
        return self.kept / "decisions.json"

    @property
    def messages(self) -> Path:
        """What an operator would want to read again; the older ones are forgotten."""
        return self.kept / "messages.jsonl"

    @property
    def lock(self) -> Path:
        return self.kept / "daemon.lock"

    @property
    def running(self) -> Path:
        """There while a daemon runs; found by the next one, it tells of an end nobody asked for."""
        return self.kept / "running"

    @property
    def stopped(self) -> Path:
        """There after an orderly end of the daemon, until one starts again."""
        return self.kept / "stopped"

    def samples(self, config: Config) -> Path:
        return self.root / config.capture.directory

    def models(self, config: Config) -> Path:
        return self.root / config.conversion.directory

    def socket(self) -> Path:
        """The daemon's socket: short, private, and there after the last logout.

        Raises:
            OperatorError: the directory for it belongs to somebody else or is open to others.
        """
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16] + ".sock"
        path = cache() / "run" / name
        if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
            path = Path(f"/tmp/rovertui-{os.getuid()}") / name
        private_directory(path.parent)
        return path

    def frames(self) -> Path:
        """The socket where the recorder shares frames with other processes of ours."""
        return self.socket().with_suffix(".see")


def cache() -> Path:
    """The user's cache directory for rovertui, shared by all workspaces."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "rovertui"


def last_failure() -> Path:
    """Where the traceback of a face that ended unforeseen lies."""
    return cache() / "last-failure.log"


def private_directory(path: Path) -> None:
    """Make ``path`` with mode 0700, or check that it is ours alone."""
    for missing in reversed([parent for parent in path.parents if not parent.exists()]):
        # Whatever the umask: who may write there could put another directory in our place.
        missing.mkdir(mode=0o755, exist_ok=True)
    path.mkdir(exist_ok=True, mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OperatorError(
            f"{path}: expected a directory of user {os.getuid()}, found one of {found.st_uid}.",
            hint="Remove it, or ask its owner to.",
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
