"""A real OpenSSH server, run as the current user on loopback with keys made for it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from rovertui.remote.server import Server
from tests.ports import free_port
from tests.waiting import until

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", ""))


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a private key with its ``.pub`` beside it."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)]
    # Two rounds: the tests' passphrases protect nothing, and the default takes a second.
    subprocess.run([*command, "-a", "2"], check=True, stdin=subprocess.DEVNULL)
    return path


@dataclass
class Sshd:
    """One server; its login is the current user, its one authorised key is ``client_key``.

    Attributes:
        root: a directory of its own.
        client_key: private key whose ``.pub`` is authorised.
        host_key: private host key.
        extra: further lines of sshd_config.
    """

    root: Path
    client_key: Path
    host_key: Path
    extra: str = ""
    port: int = field(default_factory=free_port)
    user: str = field(default_factory=lambda: pwd.getpwuid(os.getuid()).pw_name)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.authorized = self.root / "authorized_keys"
        self.authorized.write_text(Path(f"{self.client_key}.pub").read_text())
        self.known_hosts = self.root / "known_hosts"
        self.known_hosts.write_text(self.known_line() + "\n")
        self.checkpoints = self.root / "checkpoints"
        self.checkpoints.mkdir(exist_ok=True)

    def known_line(self) -> str:
        kind, blob = Path(f"{self.host_key}.pub").read_text().split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {blob}"

    def start(self) -> Sshd:
        if os.getuid() == 0:
            # sshd insists on it before it gives up root's rights.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        config = self.root / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.host_key}\n"
            f"AuthorizedKeysFile {self.authorized}\nPidFile none\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin prohibit-password\nMaxStartups 100\nUseDNS no\nPrintMotd no\n"
            # Start-up files of whoever runs the tests are none of their business.
            f"SetEnv HOME={self.root}\nLogLevel VERBOSE\n"
            f"Subsystem sftp internal-sftp\n{self.extra}\n"
        )
        (self.root / "sshd.log").unlink(missing_ok=True)
        assert SSHD is not None
        self.process = subprocess.Popen(
            [SSHD, "-D", "-f", str(config), "-E", str(self.root / "sshd.log")],
            stdin=subprocess.DEVNULL,
        )
        until(self._listens)
        return self

    def _listens(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError((self.root / "sshd.log").read_text())
        log = self.root / "sshd.log"
        return log.exists() and "Server listening" in log.read_text()

    def sessions(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def signal_sessions(self, number: signal.Signals, only: str = "") -> None:
        """Signal every process of every open session: KILL breaks the link, STOP freezes it.

        Args:
            only: a part of the names of the programs that are meant; all without it.
        """
        for session in self.sessions():
            try:
                if only in session.name():
                    session.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def stop(self) -> None:
        if self.process is None:
            return
        self.signal_sessions(signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process = None

    def login(self) -> dict[str, Any]:
        """How a section of the configuration says it."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "key_file": str(self.client_key),
            "known_hosts": str(self.known_hosts),
        }

    def server(self, **changes: object) -> Server:
        """How a client that knows this server names it."""
        settings: dict[str, object] = {
            **self.login(),
            "own_known_hosts": self.root / "own" / "known_hosts",
            "directory": str(self.checkpoints),
            "ssh_config": str(self.root / "ssh_config"),
            "connect_timeout": 5.0,
            "stall_timeout": 2.0,
        }
        return Server(**{**settings, **changes})  # type: ignore[arg-type]


def put(
    directory: Path,
    name: str | bytes = "ppo_v620_update_50.onnx",
    size: int = 100_000,
    age: float = 100.0,
) -> Path:
    """A file of random bytes, last written ``age`` seconds ago."""
    path = directory / os.fsdecode(name)
    path.write_bytes(os.urandom(size))
    then = time.time() - age
    os.utime(path, (then, then))
    return path
