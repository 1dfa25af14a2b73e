"""From a server's name to an authenticated SSH transport, every step able to say why not.

Nothing secret leaves before the host key is known: the order is socket, key exchange, host
key, sign in.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.remote import failures
from rovertui.remote.buffered import BufferedSocket
from rovertui.remote.keys import KeyRing
from rovertui.remote.questions import YES, Ask, Question
from rovertui.remote.server import Server, Target, jump_server, resolve
from rovertui.remote.trust import KnownHosts, fingerprint, remember

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Asked for first: paramiko has the fastest ones last in its own list."""

KEEPALIVE = 15
MOST_JUMPS = 4
SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")


@dataclass
class Connection:
    """An authenticated transport, and the connection it leads through.

    Attributes:
        target: where it leads.
        transport: the paramiko transport.
        through: the connection to the jump host, when there is one.
        notes: things worth a line in the log.
    """

    target: Target
    transport: Any
    through: Connection | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def active(self) -> bool:
        return bool(self.transport.is_active() and self.transport.is_authenticated())

    def close(self) -> None:
        self.transport.close()
        if self.through is not None:
            self.through.close()


def connect(server: Server, ask: Ask | None, depth: int = 0) -> Connection:
    """Connect and sign in.

    Args:
        server: as configured; ssh_config is read anew each time.
        ask: puts questions to the operator; None when nobody is there.
        depth: jump hosts already on the way.

    Raises:
        OperatorError: with a code and a sentence of its own for each way to fail.
    """
    import paramiko

    # Without a handler paramiko's tracebacks would land on the operator's screen.
    logger = logging.getLogger("paramiko")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    target = resolve(server)
    through = _jump(server, target, ask, depth) if target.jump else None
    connection: Connection | None = None
    # An attempt that fails must not leave a thread and a socket behind.
    try:
        sock = _socket(server, target) if through is None else _behind(server, target, through)
        connection = Connection(target, paramiko.Transport(BufferedSocket(sock)), through)
        known = _known_hosts(server, connection.notes)
        _agree(server, connection, known)
        _check_host_key(server, connection, known, ask)
        _sign_in(server, connection, ask)
    except BaseException:
        if connection is not None:
            connection.close()
        elif through is not None:
            through.close()
        raise
    return connection


def _socket(server: Server, target: Target) -> socket.socket:
    try:
        sock = socket.create_connection((target.host, target.port), server.connect_timeout)
    except OSError as error:
        raise failures.unreachable(error, target) from error
    except UnicodeError as error:
        raise failures.unreachable(socket.gaierror(0, "not a host name"), target) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    user_timeout = getattr(socket, "TCP_USER_TIMEOUT", None)
    if user_timeout is not None:
        milliseconds = int(server.stall_timeout * 2000)
        sock.setsockopt(socket.IPPROTO_TCP, user_timeout, milliseconds)
    return sock


def _jump(server: Server, target: Target, ask: Ask | None, depth: int) -> Connection:
    if "," in target.jump:
        raise OperatorError(
            f"ssh_config reaches {target.host} through several jump hosts in one line.",
            hint="Give the last jump host a ProxyJump of its own instead.",
            code="not-configured",
        )
    if depth >= MOST_JUMPS:
        raise OperatorError(
            f"ssh_config: the ProxyJump of {target.host} goes round in a circle.",
            code="not-configured",
        )
    return connect(jump_server(server, target.jump), ask, depth + 1)


def _behind(server: Server, target: Target, through: Connection) -> Any:
    import paramiko

    try:
        return through.transport.open_channel(
            "direct-tcpip",
            (target.host, target.port),
            ("127.0.0.1", 0),
            timeout=server.connect_timeout,
        )
    except (paramiko.SSHException, EOFError) as error:
        raise OperatorError(
            f"The jump host {through.target} cannot reach {target.host} port {target.port}.",
            hint="Check the address as seen from there, and AllowTcpForwarding.",
            code="unreachable",
        ) from error


def _known_hosts(server: Server, notes: list[str]) -> KnownHosts:
    paths = [at_home(server.known_hosts)] if server.known_hosts else []
    if server.own_known_hosts is not None:
        paths.append(server.own_known_hosts)
    known = KnownHosts.load([*paths, SYSTEM_KNOWN_HOSTS])
    if known.skipped:
        lines = "1 line" if known.skipped == 1 else f"{known.skipped} lines"
        notes.append(f"{lines} of known_hosts cannot be used here and are passed over")
    return known


def _agree(server: Server, connection: Connection, known: KnownHosts) -> None:
    """Exchange keys, asking for a host key of a type that is on file."""
    import paramiko

    transport, target, timeout = connection.transport, connection.target, server.connect_timeout
    transport.banner_timeout = timeout
    transport.handshake_timeout = timeout
    transport.auth_timeout = timeout
    transport.channel_timeout = server.stall_timeout
    options = transport.get_security_options()
    options.ciphers = _first(CIPHERS, options.ciphers)
    on_file: list[str] = []
    for kind in known.types_for(target.key_name):
        on_file += ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]
    options.key_types = _first(tuple(on_file), options.key_types)
    transport.set_keepalive(KEEPALIVE)
    try:
        transport.start_client(timeout=timeout)
    except (paramiko.SSHException, EOFError, OSError) as error:
        if not transport.remote_version.startswith("SSH-"):
            raise failures.not_ssh(target) from error
        raise failures.handshake(error, target) from error
    # start_client returns without a word when its time is over.
    if not transport.initial_kex_done:
        if transport.remote_version:
            raise failures.frozen(target, timeout)
        raise failures.not_ssh(target)


def _first(wanted: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(name for name in wanted if name in offered)
    return (*chosen, *(name for name in offered if name not in chosen))


def _check_host_key(
    server: Server, connection: Connection, known: KnownHosts, ask: Ask | None
) -> None:
    target = connection.target
    key = connection.transport.get_remote_server_key()
    name, kind, blob = target.key_name, key.get_name(), key.asbytes()
    shown = fingerprint(blob)
    verdict, line = known.judge(name, blob)
    if verdict == "known":
        return
    if verdict == "changed":
        raise failures.changed_key(target, shown, line)
    if verdict == "revoked":
        raise failures.revoked_key(target, line)
    question = Question(
        kind="fingerprint",
        text=f"{name} is not known yet. Its {kind} key is {shown}. Is this the right machine?",
        secret=False,
        host=name,
        fields={"fingerprint": shown, "key_type": kind},
    )
    answer = ask(question) if ask is not None else None
    if answer != YES:
        raise failures.unknown_host(question, declined=answer is not None)
    if server.own_known_hosts is not None:
        remember(server.own_known_hosts, name, kind, blob)


def _sign_in(server: Server, connection: Connection, ask: Ask | None) -> None:
    import paramiko

    transport, target = connection.transport, connection.target
    ring = KeyRing(target, server.key_file, ask)
    tried: list[str] = []
    cause: Exception | None = None
    for source, key in ring.offered():
        if not transport.is_active() and not tried:
            # The answer to a question came after the server's patience with logins had ended.
            raise failures.dropped(target)
        if not transport.is_active():
            ring.notes.append(f"{source}, because the server hung up after the ones before")
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
            if "the agent" in source:
                connection.notes.append(
                    f"{target} was signed in to by the SSH agent, which ends with the login that "
                    "brought it: unattended work needs a key file without a passphrase "
                    f"({target.setting('key_file')})"
                )
            return
        ring.notes.append(f"after {source} the server also wants {', '.join(further)}")
    raise failures.not_authorised(target, tried, ring.notes) from cause
