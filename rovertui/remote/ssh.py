"""One kept-open SSH connection, used from a worker thread.

paramiko is imported when a link is first used, never with this module. What it can raise is
turned into an `OperatorError` here, so that callers meet nothing else from the network.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from rovertui.errors import OperatorError
from rovertui.remote import failures
from rovertui.remote.buffered import Pieces
from rovertui.remote.connect import Connection, connect
from rovertui.remote.questions import Ask
from rovertui.remote.server import Server, Target, resolve
from rovertui.remote.shell import COMMAND, Completed, Execution, Shell

_WINDOW, _PACKET = 8 << 20, 1 << 17
"""Bytes under way, and in one packet, of a shell's channel: a line of 10 ms is filled, and a
packet costs the same whatever its size."""

LONGEST_RUN = 120.0
"""Seconds that a short command there may take with all it prints."""


class Link:
    """A connection to one server that is opened when needed and kept open.

    Not for several threads at once, except `close`, which any thread may call to make whatever
    is under way fail at once.

    Attributes:
        server: as configured.
        shell: whether commands can be run there; None until tried.
        lacks: programs that were found not to work there.
    """

    def __init__(self, server: Server, ask: Ask | None = None) -> None:
        self.server = server
        self.shell: bool | None = None
        self.lacks: set[str] = set()
        self._ask = ask
        self._shells: list[Shell] = []
        self._connection: Connection | None = None
        self._sftp: Any = None

    @property
    def target(self) -> Target:
        """Where this link leads, after ssh_config."""
        connection = self._connection
        return connection.target if connection is not None else resolve(self.server)

    @property
    def connected(self) -> bool:
        connection = self._connection
        return connection is not None and connection.active

    @property
    def notes(self) -> tuple[str, ...]:
        """What connecting found that is worth a line in the log."""
        return tuple(self._connection.notes) if self._connection is not None else ()

    def connect(self) -> bool:
        """Connect unless connected; returns whether a new connection was made.

        Raises:
            OperatorError: with a code and a sentence of its own for each way to fail.
        """
        if self.connected:
            return False
        self.close()
        self._connection = connect(self.server, self._ask)
        return True

    def close(self) -> None:
        """Drop the connection; the next use makes a new one."""
        connection, self._connection, self._sftp = self._connection, None, None
        self._shells = []
        if connection is not None:
            connection.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, command: str, *, limit: int = 1 << 24) -> Completed | None:
        """Run ``command`` in a shell there and wait for its end.

        Returns None when the server gives no shell. ``command`` is shell text: quote what you
        put into it; it must not read standard input. About ``limit`` bytes of output are read.
        On a kept connection that has died meanwhile it is run once more, on a new one.
        """
        kept = self.connected
        try:
            return self._run(command, limit)
        except OperatorError as error:
            if not kept or error.code not in ("dropped", "stalled"):
                raise
        return self._run(command, limit)

    def _run(self, command: str, limit: int) -> Completed | None:
        with self.start(command) as execution:
            if execution is None:
                return None
            blocks: list[bytes] = []
            length = 0
            give_up = time.monotonic() + LONGEST_RUN
            while length < limit and (block := execution.read(1 << 20)):
                if time.monotonic() > give_up:
                    # A byte now and then is no silence, and no answer either.
                    raise TimeoutError
                blocks.append(block)
                length += len(block)
            status = execution.status()
            if status == -1 and not self.connected:
                raise EOFError
            return Completed(b"".join(blocks), execution.errors(), status)

    @contextlib.contextmanager
    def start(self, command: str, *, wait: bool = True) -> Iterator[Execution | None]:
        """Start ``command`` in a kept shell there; None when the server gives no shell.

        A command that has not ended on leaving is ended, with its shell. Failures of the link
        inside the block become `OperatorError`. Without ``wait`` whether there is a shell is left
        to `Execution.begun`: start-up files can be slow, and two shells start side by side.
        """
        if self.shell is False:
            yield None
            return
        with self.telling():
            execution = self._request(command)
            try:
                if wait:
                    if execution is not None and not execution.begun():
                        execution.close()
                        if not self.connected:
                            raise EOFError
                        execution = None
                    self.shell = execution is not None
                yield execution
            finally:
                if execution is not None:
                    execution.close()

    @contextlib.contextmanager
    def program(self, command: str) -> Iterator[Any]:
        """Run ``command`` on a paramiko channel of its own; leaving closes it.

        Its standard input stays open until then. Failures of the link inside the block become
        `OperatorError`, except a `TimeoutError` that the block handles itself.
        """
        with self.telling():
            channel = self._open_program(command)
            try:
                yield channel
            finally:
                channel.close()

    def _open_program(self, command: str) -> Any:
        import paramiko

        channel = self._session()
        try:
            with self._deadline(channel):
                channel.exec_command(command)
        except paramiko.SSHException as error:
            if self.connected:
                raise failures.no_shell(self.target) from error
            raise
        return channel

    def sftp(self, *, fresh: bool = False) -> Any:
        """The link's SFTP client; ``fresh`` opens one of its own, which the caller closes."""
        import paramiko

        with self.telling():
            if not fresh and self._sftp is not None and not self._sftp.get_channel().closed:
                return self._sftp
            channel = self._session()
            try:
                with self._deadline(channel):
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

        target = self.target
        try:
            yield
        except TimeoutError as error:
            # What is frozen now would be found frozen by the next use, after another wait.
            self.close()
            raise failures.frozen(target, self.server.stall_timeout) from error
        except (paramiko.SSHException, EOFError, ConnectionError) as error:
            self.close()
            # The one way paramiko has to say that no channel was opened in time.
            if isinstance(error, paramiko.SSHException) and str(error).startswith("Timeout"):
                raise failures.frozen(target, self.server.stall_timeout) from error
            raise failures.dropped(target) from error

    def _session(self, *, bulk: bool = False) -> Any:
        """A new channel; a kept connection that has died meanwhile is replaced once.

        Args:
            bulk: for many megabytes; SFTP gets slower by it.
        """
        import paramiko

        fresh = self.connect()
        try:
            return self._open_session(bulk)
        except paramiko.ChannelException:
            raise
        except (paramiko.SSHException, EOFError, OSError):
            if fresh:
                raise
            self.close()
            self.connect()
            return self._open_session(bulk)

    def _open_session(self, bulk: bool) -> Any:
        connection = self._connection
        if connection is None:
            raise EOFError
        channel = connection.transport.open_session(
            window_size=_WINDOW if bulk else None,
            max_packet_size=_PACKET if bulk else None,
            timeout=self.server.stall_timeout,
        )
        if bulk:
            channel.in_buffer = Pieces()
        return channel

    def _request(self, command: str) -> Execution | None:
        shell = self._idle_shell() or self._new_shell()
        return None if shell is None else shell.ask(command)

    def _idle_shell(self) -> Shell | None:
        if not self.connected:
            return None
        self._shells = [shell for shell in self._shells if shell.busy or shell.usable]
        return next((shell for shell in self._shells if shell.usable), None)

    def _new_shell(self) -> Shell | None:
        import paramiko

        channel = self._session(bulk=True)
        channel.settimeout(self.server.stall_timeout)
        try:
            with self._deadline(channel):
                channel.exec_command(COMMAND)
        except paramiko.SSHException:
            if self.connected:
                return None
            raise
        shell = Shell(channel, self.server.stall_timeout)
        self._shells.append(shell)
        return shell

    @contextlib.contextmanager
    def _deadline(self, channel: Any) -> Iterator[None]:
        """Bound a wait for which paramiko has no time limit: past it the transport is closed."""
        passed = threading.Event()

        def give_up() -> None:
            passed.set()
            channel.get_transport().close()

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
