"""One kept-open SSH connection, used from a worker thread.

paramiko is imported when a link first connects, never with this module. What it can raise is
turned into an `OperatorError` here, so that callers meet nothing else but `Cancelled` from
their own reporter.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.errors import OperatorError
from rovertui.remote import failures
from rovertui.remote.keys import KeyRing
from rovertui.remote.questions import YES, Ask, Question
from rovertui.remote.server import Server, Target, jump_server, resolve
from rovertui.remote.trust import KnownHosts, fingerprint, remember

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
KEEPALIVE = 15
SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")
NOISE_LIMIT = 1 << 18
MOST_JUMPS = 4


@dataclass(frozen=True)
class Completed:
    """What a command on the server wrote, and its exit status (-1: the link broke first)."""

    output: bytes
    errors: bytes
    status: int


class Link:
    """A connection to one server that is opened when needed and kept open.

    Not for several threads at once, except `close`, which any thread may call to make whatever
    is under way fail at once.

    Attributes:
        server: as configured.
        shell: whether commands can be run there; None until tried.
        notes: things worth a line in the log (unreadable known_hosts lines).
    """

    def __init__(self, server: Server, ask: Ask | None = None) -> None:
        self.server = server
        self.shell: bool | None = None
        self.notes: list[str] = []
        self._ask = ask
        self._target: Target | None = None
        self._transport: Any = None
        self._sftp: Any = None
        self._jump: Link | None = None
        self._behind = 0
        self._known = KnownHosts((), 0)

    @property
    def target(self) -> Target:
        """Where this link leads, after ssh_config."""
        if self._target is None:
            self._target = resolve(self.server)
        return self._target

    @property
    def connected(self) -> bool:
        transport = self._transport
        return transport is not None and transport.is_active() and transport.is_authenticated()

    def connect(self) -> bool:
        """Connect unless connected; returns whether a new connection was made.

        Raises:
            OperatorError: with a code and a sentence of its own for each way to fail.
        """
        if self.connected:
            return False
        self.close()
        self._target = resolve(self.server)
        # An attempt that fails must not leave a thread and a socket behind.
        try:
            self._handshake()
            self._check_host_key()
            self._sign_in()
        except BaseException:
            self.close()
            raise
        return True

    def close(self) -> None:
        """Drop the connection; the next use makes a new one."""
        transport, self._transport, self._sftp = self._transport, None, None
        if transport is not None:
            transport.close()
        jump, self._jump = self._jump, None
        if jump is not None:
            jump.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, command: str, *, limit: int = 1 << 24) -> Completed | None:
        """Run ``command`` in the login's shell there and wait for its end.

        Returns None when the server gives no shell. ``command`` is shell text: quote what you
        put into it. At most ``limit`` bytes of output are read.
        """
        with self.start(command) as execution:
            if execution is None:
                return None
            blocks: list[bytes] = []
            length = 0
            while length < limit and (block := execution.read(1 << 20)):
                blocks.append(block)
                length += len(block)
            return Completed(b"".join(blocks), execution.errors(), execution.status())

    @contextlib.contextmanager
    def start(self, command: str) -> Iterator[Execution | None]:
        """Start ``command`` in the login's shell there; None when the server gives no shell.

        The channel is closed on leaving, which ends the command. Failures of the link inside
        the block become `OperatorError`.
        """
        if self.shell is False:
            yield None
            return
        with self.telling():
            execution = self._begin(command)
            if execution is None:
                self.shell = False
                yield None
                return
            self.shell = True
            try:
                yield execution
            finally:
                execution.close()

    def sftp(self, *, fresh: bool = False) -> Any:
        """The link's SFTP client; ``fresh`` opens one of its own, which the caller closes."""
        import paramiko

        with self.telling():
            if not fresh and self._sftp is not None and not self._sftp.get_channel().closed:
                return self._sftp
            channel = self._session()
            try:
                with self._deadline():
                    channel.invoke_subsystem("sftp")
                    channel.settimeout(self.server.stall_timeout)
                    client = paramiko.SFTPClient(channel)
            except paramiko.SSHException as error:
                if self.connected:
                    raise failures.no_sftp(self.target) from error
                raise
            if not fresh:
                self._sftp = client
            return client

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Turn what paramiko and sockets raise inside the block into an `OperatorError`."""
        import paramiko

        try:
            yield
        except TimeoutError as error:
            # A frozen link is of no further use, and closing it politely would block too.
            self.close()
            raise failures.frozen(self.target, self.server.stall_timeout) from error
        except (paramiko.SSHException, EOFError, ConnectionError) as error:
            self.close()
            if isinstance(error, paramiko.SSHException) and "imeout" in str(error):
                raise failures.frozen(self.target, self.server.stall_timeout) from error
            raise failures.dropped(self.target) from error

    def _session(self) -> Any:
        """A new channel; a kept connection that has died meanwhile is replaced once."""
        import paramiko

        fresh = self.connect()
        try:
            return self._transport.open_session(timeout=self.server.stall_timeout)
        except paramiko.ChannelException:
            raise
        except (paramiko.SSHException, EOFError, OSError):
            if fresh:
                raise
            self.close()
            self.connect()
            return self._transport.open_session(timeout=self.server.stall_timeout)

    def _begin(self, command: str) -> Execution | None:
        import paramiko

        channel = self._session()
        channel.settimeout(self.server.stall_timeout)
        # Start-up files of the shell may print; what we asked for begins behind this word.
        marker = f"rovertui-{os.urandom(8).hex()}"
        try:
            with self._deadline():
                channel.exec_command(f"echo {marker}; {command}")
                # A server that answers every command with SFTP waits for input: there is none.
                channel.shutdown_write()
        except paramiko.SSHException:
            if self.connected:
                return None
            raise
        execution = Execution(channel, self.server.stall_timeout)
        if execution.skip_past(marker.encode() + b"\n"):
            return execution
        execution.close()
        if not self.connected:
            raise EOFError
        return None

    @contextlib.contextmanager
    def _deadline(self) -> Iterator[None]:
        """Bound a wait for which paramiko has no time limit: past it the link is closed."""
        transport = self._transport
        passed = threading.Event()

        def give_up() -> None:
            passed.set()
            transport.close()

        timer = threading.Timer(self.server.stall_timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if passed.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()

    def _handshake(self) -> None:
        import paramiko

        # Without a handler paramiko's tracebacks would land on the operator's screen.
        logger = logging.getLogger("paramiko")
        if not any(isinstance(h, logging.NullHandler) for h in logger.handlers):
            logger.addHandler(logging.NullHandler())
            logger.propagate = False
        timeout = self.server.connect_timeout
        transport = paramiko.Transport(self._socket())
        self._transport = transport
        transport.banner_timeout = timeout
        transport.handshake_timeout = timeout
        transport.auth_timeout = timeout
        transport.channel_timeout = self.server.stall_timeout
        options = transport.get_security_options()
        options.ciphers = (*CIPHERS, *(c for c in options.ciphers if c not in CIPHERS))
        self._known = self._load_known_hosts()
        wanted: list[str] = []
        for kind in self._known.types_for(self.target.key_name):
            wanted += ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]
        known_types = [kind for kind in wanted if kind in options.key_types]
        options.key_types = (
            *known_types,
            *(kind for kind in options.key_types if kind not in known_types),
        )
        transport.set_keepalive(KEEPALIVE)
        try:
            transport.start_client(timeout=timeout)
        except (paramiko.SSHException, EOFError, OSError) as error:
            if not transport.remote_version.startswith("SSH-"):
                raise failures.not_ssh(self.target) from error
            raise failures.handshake(error, self.target) from error
        # start_client returns quietly when its time is over.
        if not transport.initial_kex_done:
            if not transport.remote_version:
                raise failures.not_ssh(self.target)
            raise failures.frozen(self.target, timeout)

    def _load_known_hosts(self) -> KnownHosts:
        paths = [Path(self.server.known_hosts).expanduser()] if self.server.known_hosts else []
        if self.server.own_known_hosts is not None:
            paths.append(self.server.own_known_hosts)
        known = KnownHosts.load([*paths, SYSTEM_KNOWN_HOSTS])
        if known.skipped:
            note = f"{known.skipped} lines of known_hosts could not be read and were skipped"
            if note not in self.notes:
                self.notes.append(note)
        return known

    def _socket(self) -> Any:
        target = self.target
        if target.jump:
            return self._through_jump(target)
        try:
            sock = socket.create_connection(
                (target.host, target.port), timeout=self.server.connect_timeout
            )
        except OSError as error:
            raise failures.unreachable(error, target) from error
        except UnicodeError as error:
            raise failures.unreachable(socket.gaierror(0, "not a host name"), target) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        user_timeout = getattr(socket, "TCP_USER_TIMEOUT", None)
        if user_timeout is not None:
            milliseconds = int(self.server.stall_timeout * 2000)
            sock.setsockopt(socket.IPPROTO_TCP, user_timeout, milliseconds)
        return sock

    def _through_jump(self, target: Target) -> Any:
        import paramiko

        hops = target.jump.split(",")
        if len(hops) > 1:
            raise OperatorError(
                f"ssh_config reaches {target.host} through {len(hops)} jump hosts in one line.",
                hint="Give the last jump host a ProxyJump of its own instead.",
                code="not-configured",
            )
        self._jump = Link(jump_server(self.server, hops[-1]), self._ask)
        self._jump._behind = self._behind + 1
        if self._behind > MOST_JUMPS:
            raise OperatorError(
                f"ssh_config: the ProxyJump of {target.host} goes round in a circle.",
                code="not-configured",
            )
        self._jump.connect()
        try:
            return self._jump._transport.open_channel(
                "direct-tcpip",
                (target.host, target.port),
                ("127.0.0.1", 0),
                timeout=self.server.connect_timeout,
            )
        except (paramiko.SSHException, EOFError) as error:
            raise OperatorError(
                f"The jump host {self._jump.target} cannot reach {target.host} port {target.port}.",
                hint="Check the address as seen from there, and AllowTcpForwarding.",
                code="unreachable",
            ) from error

    def _check_host_key(self) -> None:
        """Let nothing secret out before the server's key is known, or trusted by the operator."""
        key = self._transport.get_remote_server_key()
        name, blob, shown = self.target.key_name, key.asbytes(), fingerprint(key.asbytes())
        verdict, line = self._known.judge(name, blob)
        if verdict == "known":
            return
        if verdict == "changed":
            raise failures.changed_key(self.target, shown, line)
        if verdict == "revoked":
            raise failures.revoked_key(self.target, line)
        question = Question(
            kind="fingerprint",
            text=f"{name} is not known yet. Its {key.get_name()} key is {shown}. "
            "Is this the right machine?",
            secret=False,
            host=name,
            fields={"fingerprint": shown, "key_type": key.get_name()},
        )
        answer = self._ask(question) if self._ask is not None else None
        if answer != YES:
            raise failures.unknown_host(question, asked=self._ask is not None)
        if self.server.own_known_hosts is not None:
            remember(self.server.own_known_hosts, name, key.get_name(), blob)

    def _sign_in(self) -> None:
        import paramiko

        transport, target = self._transport, self.target
        ring = KeyRing(target, self.server.key_file, self._ask)
        tried: list[str] = []
        cause: Exception | None = None
        for source, key in ring.offered():
            if not transport.is_active():
                break
            tried.append(source)
            try:
                further = transport.auth_publickey(target.user, key)
            except paramiko.BadAuthenticationType as error:
                raise OperatorError(
                    f"{target} does not let keys in, only: {', '.join(error.allowed_types)}.",
                    hint="Set PubkeyAuthentication yes in its sshd_config.",
                    code="not-authorised",
                ) from error
            except (paramiko.SSHException, EOFError, OSError, ValueError) as error:
                cause = error
                continue
            if not further:
                return
            ring.notes.append(f"after {source} the server also wants {', '.join(further)}")
        raise failures.not_authorised(target, tried, ring.notes) from cause


class Execution:
    """A command that runs on the server; a read raises `TimeoutError` after ``stall`` seconds."""

    def __init__(self, channel: Any, stall: float) -> None:
        self._channel = channel
        self._stall = stall
        self._ahead = b""

    def skip_past(self, marker: bytes) -> bool:
        """Drop output up to and including ``marker``; False when it does not come."""
        seen = b""
        while (at := seen.find(marker)) < 0:
            block = self._channel.recv(1 << 16)
            if not block or len(seen) > NOISE_LIMIT:
                return False
            seen += block
        self._ahead = seen[at + len(marker) :]
        return True

    def read(self, limit: int) -> bytes:
        """Up to ``limit`` bytes of standard output; nothing at its end, or when the link broke."""
        if self._ahead:
            block, self._ahead = self._ahead[:limit], self._ahead[limit:]
            return block
        data: bytes = self._channel.recv(limit)
        return data

    def waiting(self, seconds: float) -> None:
        """Set how long one `read` may wait."""
        self._channel.settimeout(seconds)

    def status(self) -> int:
        """The exit status; -1 when the link broke before it came."""
        deadline = time.monotonic() + self._stall
        while not self._channel.status_event.wait(0.1):
            if time.monotonic() > deadline or self._channel.closed:
                return -1
        return int(self._channel.exit_status)

    def errors(self) -> bytes:
        """What has arrived of standard error, at most 64 KiB."""
        if not self._channel.recv_stderr_ready():
            return b""
        data: bytes = self._channel.recv_stderr(1 << 16)
        return data

    def close(self) -> None:
        self._channel.close()
