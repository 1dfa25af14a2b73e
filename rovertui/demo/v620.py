"""The simulated V620: an SSH server on loopback that shows one directory of checkpoints.

``python -m rovertui.demo.v620 --root DIR --state DIR`` listens on 127.0.0.1 with keys it has
made in the state directory, lets exactly one client key in, and ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import paramiko

from rovertui.demo.v620_files import Commands, ReadOnly, Tree
from rovertui.errors import OperatorError
from rovertui.files import write_json, write_whole
from rovertui.remote.trust import line_for

VERSION = "SSH-2.0-rovertui_simulated"
BANNER = "This is a simulated V620. Its checkpoints are a demonstration.\n"
USER = "trainer"
SHELL = b"exec sh"
_SETTLE = 0.2


@dataclass(frozen=True)
class Access:
    """How a client gets in.

    Attributes:
        host: always loopback.
        port: TCP port, the same one at every start while it is free.
        user: the only login.
        key_file: the only private key that is let in.
        known_hosts: a known_hosts file with this server's key.
        simulated: always true; whoever shows this server says so.
    """

    host: str
    port: int
    user: str
    key_file: str
    known_hosts: str
    simulated: bool = True


def prepare(state: Path, port: int = 0) -> Access:
    """Make keys and choose a port, or find those of an earlier start in ``state``.

    Nothing listens yet; a configuration can be written with what this returns.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    host_key = _key(state / "host_key")
    _key(state / "client_key")
    chosen = state / "port"
    if port == 0:
        port = int(chosen.read_text()) if chosen.is_file() else _free_port()
    write_whole(chosen, f"{port}\n".encode())
    line = line_for(f"[127.0.0.1]:{port}", host_key.get_name(), host_key.asbytes())
    write_whole(state / "known_hosts", f"{line}\n".encode())
    return Access(
        host="127.0.0.1",
        port=port,
        user=USER,
        key_file=str(state / "client_key"),
        known_hosts=str(state / "known_hosts"),
    )


def _key(path: Path) -> Any:
    if not path.is_file():
        text = io.StringIO()
        paramiko.ECDSAKey.generate(bits=256).write_private_key(text)
        write_whole(path, text.getvalue().encode(), mode=0o600)
    return paramiko.PKey.from_path(path)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class V620:
    """The listening server.

    Args:
        root: the directory tree clients see as ``/``.
        state: keys, port and ``server.json``.
        port: 0 takes the one of an earlier start, or a free one.

    Raises:
        OperatorError: the port is taken, or there is no such directory.
    """

    def __init__(self, root: Path, state: Path, port: int = 0) -> None:
        if not root.is_dir():
            raise OperatorError(f"{root}: there is no such directory to show.")
        self.access = prepare(state, port)
        self._state = state
        self._tree = Tree(root)
        self._host_key = paramiko.PKey.from_path(state / "host_key")
        self._client = paramiko.PKey.from_path(state / "client_key").asbytes()
        self._transports: set[Any] = set()
        self._ending = threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((self.access.host, self.access.port))
        except OSError as error:
            raise OperatorError(
                f"Port {self.access.port} of the simulated V620 is taken.",
                hint=f"End what uses it, or remove {state / 'port'} to take another one.",
                code="busy",
            ) from error
        self._listener.listen(16)

    def serve(self) -> None:
        """Serve until `close`; ``server.json`` appears when clients can connect."""
        facts = {**asdict(self.access), "pid": os.getpid()}
        write_json(self._state / "server.json", facts, mode=0o600)
        while not self._ending.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                break
            threading.Thread(target=self._welcome, args=(sock,), daemon=True).start()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._ending.set()
        (self._state / "server.json").unlink(missing_ok=True)
        # accept() in another thread wakes up from a shutdown, not from a close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in list(self._transports):
            transport.close()

    def _welcome(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(sock)
        transport.local_version = VERSION
        transport.add_server_key(self._host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, ReadOnly, self._tree)
        self._transports.add(transport)
        try:
            transport.start_server(threading.Event(), _Login(self._tree, self._client))
            transport.join()
        finally:
            self._transports.discard(transport)


class _Login(paramiko.ServerInterface):  # type: ignore[misc]
    def __init__(self, tree: Tree, client: bytes) -> None:
        self._tree = tree
        self._client = client

    def get_banner(self) -> tuple[str, str]:
        return BANNER, "en"

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: Any) -> int:
        right = username == USER and key.asbytes() == self._client
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if kind == "session":
            return int(paramiko.OPEN_SUCCEEDED)
        return int(paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        threading.Thread(target=self._execute, args=(channel, command), daemon=True).start()
        return True

    def _execute(self, channel: Any, command: bytes) -> None:
        try:
            if command != SHELL:
                # The answer "accepted" goes out only after the request's handler has returned;
                # a client that has it ends its input, others are given a moment.
                channel.settimeout(_SETTLE)
                with contextlib.suppress(TimeoutError):
                    channel.recv(1)
                channel.settimeout(None)
            commands = Commands(self._tree, channel.sendall, channel.sendall_stderr)
            status = 0
            for line in _lines(channel) if command == SHELL else [command]:
                status = commands.run(line.decode("utf-8", "surrogateescape"))
            channel.send_exit_status(status)
        except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
            logging.getLogger(__name__).info("a command was broken off: %s", type(error).__name__)
        finally:
            channel.close()


def _lines(channel: Any) -> Iterator[bytes]:
    """The lines a client writes to the shell it asked for."""
    rest = b""
    while block := channel.recv(1 << 12):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines


class _Later(threading.Thread):
    """Releases files one after another, as a trainer does that goes on training."""

    def __init__(self, source: Path, root: Path, every: float, ending: threading.Event) -> None:
        super().__init__(daemon=True)
        self._source, self._root, self._every, self._ending = source, root, every, ending

    def run(self) -> None:
        for path in sorted(p for p in self._source.rglob("*") if p.is_file()):
            if self._ending.wait(self._every):
                return
            target = self._root / path.relative_to(self._source)
            if not target.exists():
                write_whole(target, path.read_bytes())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="rovertui.demo.v620", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="directory clients see")
    parser.add_argument("--state", type=Path, required=True, help="keys, port, server.json")
    parser.add_argument("--port", type=int, default=0, help="0: as before, or a free one")
    parser.add_argument("--later", type=Path, help="files that appear in the root one by one")
    parser.add_argument("--every", type=float, default=180.0, help="seconds between them")
    chosen = parser.parse_args(arguments)
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    logging.getLogger("paramiko").propagate = False
    try:
        server = V620(chosen.root, chosen.state, chosen.port)
    except OperatorError as error:
        sys.stderr.write(error.sentence() + "\n")
        return 1
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    threading.Thread(target=server.serve, daemon=True).start()
    if chosen.later is not None:
        _Later(chosen.later, chosen.root, chosen.every, ending).start()
    ending.wait()
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
