"""One file on the server as a stream of bytes and a hash.

The bytes come from ``cat``, or from ``tail -c +N`` to go on, measured faster than SFTP and as
sturdy; a server without a shell is read by SFTP, and then has no hash.
"""

from __future__ import annotations

import contextlib
import shlex
import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

from rovertui.errors import OperatorError
from rovertui.remote import failures
from rovertui.remote.checkpoints import remote_path
from rovertui.remote.shell import Execution
from rovertui.remote.ssh import Link
from rovertui.text import clean, size

BLOCK = 1 << 20
HASH_SECONDS = 120.0
"""How long the server may take to hash a file after its bytes have arrived."""

_PATIENCE = 0.5
_NO_SUCH_PROGRAM = 127
_HASHERS = (("openssl", "dgst -sha256 -r"), ("sha256sum", "--"))
"""The first that works there is used. Measured on x86 with SHA instructions: OpenSSL's takes a
third of the time; where both sides share a machine or the server is busy, that is what counts."""
_AHEAD = 8 << 20
"""Bytes requested at a time where SFTP has to do."""

Check = Callable[[], None]
"""Called often; raises when the operator asked to stop."""


class Source:
    """A file in a directory on the server.

    Args:
        link: connected when needed.
        directory: as configured.
        name: a plain file name.
        check: called at least twice a second while waiting.

    Raises:
        OperatorError: ``name`` would leave the directory or is not fit to be shown.
    """

    def __init__(self, link: Link, directory: str, name: str, check: Check) -> None:
        if not name or "/" in name or name.startswith(".") or clean(name) != name:
            raise OperatorError(f"{clean(name, 80)!r} is not a file name to be used here.")
        self.name = name
        self._link = link
        self._path = remote_path(directory, name)
        self._check = check

    def size(self) -> int:
        """Its bytes at this moment."""
        with self._link.telling(), self._reading():
            return int(self._link.sftp().stat(self._path).st_size or 0)

    def sha256(self) -> str:
        """The server's SHA-256 of it in hexadecimal; empty where it cannot compute one."""
        with self.hashing() as finish:
            return finish()

    @contextlib.contextmanager
    def hashing(self) -> Iterator[Callable[[], str]]:
        """Start hashing there and yield what waits for the result."""
        program, options = self._hashers()[0] if self._hashers() else ("true", "")
        command = f"{program} {options} {shlex.quote(self._path)}"
        with self._link.start(command, wait=False) as execution:

            def finish() -> str:
                digits = "" if execution is None else self._digits(execution)
                if digits or execution is None or not execution.begun():
                    return digits
                # This program is missing there, or cannot; perhaps another one can.
                self._link.lacks.add(program)
                return self.sha256() if self._hashers() else ""

            yield finish

    def _hashers(self) -> list[tuple[str, str]]:
        return [pair for pair in _HASHERS if pair[0] not in self._link.lacks]

    def blocks(self, offset: int, length: int) -> Generator[bytes, None, None]:
        """Yield the bytes from ``offset`` up to ``length``, in blocks of at most a mebibyte.

        Raises:
            OperatorError: the link broke or froze, or fewer bytes came.
        """
        if offset >= length:
            return
        # `cat` moves large blocks, `tail` small ones: a third of the server's time (measured).
        program = f"tail -c +{offset + 1}" if offset else "cat"
        command = f"{program} -- {shlex.quote(self._path)}"
        with self._link.start(command) as execution:
            if execution is not None:
                execution.waiting(_PATIENCE)
                for block in self._until_silent(lambda: execution.read(BLOCK)):
                    wanted = block[: length - offset]
                    offset += len(wanted)
                    if wanted:
                        yield wanted
                    if len(wanted) < len(block):
                        return
                if offset == length:
                    return
                if self._ended(execution) != _NO_SUCH_PROGRAM:
                    raise self._shrunk(offset, length)
        yield from self._by_sftp(offset, length)

    def _by_sftp(self, offset: int, length: int) -> Iterator[bytes]:
        with (
            self._link.telling(),
            self._reading(),
            # A client of its own: closing its channel closes the file, and drops at once what
            # is still on its way.
            contextlib.closing(self._link.sftp(fresh=True)) as client,
        ):
            remote = client.open(self._path, "rb")
            remote.seek(offset)
            requests = _Requests(remote)
            while offset < length:
                stop = min(offset + _AHEAD, length)
                requests.up_to(stop, self._link.server.stall_timeout)
                for block in self._until_silent(partial(_some, remote, stop)):
                    offset += len(block)
                    yield block
                if offset < stop:
                    raise self._shrunk(offset, length)

    def _until_silent(self, read: Callable[[], bytes]) -> Iterator[bytes]:
        """Blocks until the end; silence beyond the link's limit raises `TimeoutError`."""
        heard = time.monotonic()
        while True:
            self._check()
            try:
                block = read()
            except TimeoutError:
                if time.monotonic() - heard > self._link.server.stall_timeout:
                    raise
                continue
            if not block:
                return
            yield block
            heard = time.monotonic()

    def _ended(self, execution: Execution) -> int:
        """The status of a stream that ended early; raises where link or file is to blame."""
        status = execution.status()
        if status == -1 or not self._link.connected:
            raise EOFError
        if status in (0, _NO_SUCH_PROGRAM):
            return status
        with self._link.telling(), self._reading():
            self._link.sftp().open(self._path, "rb").close()
        said = clean(execution.errors().decode("utf-8", "replace"), 200)
        raise OperatorError(
            f"{self._link.target}: reading {self.name} failed there: {said or status}."
        )

    def _shrunk(self, offset: int, length: int) -> OperatorError:
        return OperatorError(
            f"{self.name} shrank on the server while it was pulled "
            f"({size(length)} expected, {size(offset)} came).",
            hint="Pull it again when the trainer has finished writing it.",
            code="changed",
        )

    def _digits(self, execution: Execution) -> str:
        if not execution.begun():
            if not self._link.connected:
                raise EOFError
            return ""
        text = bytearray()
        give_up = time.monotonic() + HASH_SECONDS
        execution.waiting(_PATIENCE)
        while len(text) < 1 << 16:
            self._check()
            try:
                block = execution.read(1 << 12)
            except TimeoutError:
                if time.monotonic() > give_up:
                    raise
                continue
            if not block:
                break
            text += block
        # sha256sum puts a backslash before the digits when the path holds one.
        digits = bytes(text).lstrip(b"\\")[:64].decode("ascii", "replace").lower()
        if len(digits) == 64 and all(c in "0123456789abcdef" for c in digits):
            return digits
        if execution.status() == -1:
            raise EOFError
        return ""

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn SFTP's refusals into words; what the link itself raises passes."""
        try:
            yield
        except (TimeoutError, ConnectionError):
            raise
        except OSError as error:
            raise failures.remote_file(error, self._link.target, self._path) from error


class _Requests:
    """Asks for the bytes of a file ahead of reading them, and knows when all is asked for.

    paramiko asks from a thread of its own, which we may not leave behind: it would die with a
    traceback when the link breaks, ends its work early where a server answers faster than it
    asks, and what it sends after its channel was closed makes the server end the whole link.
    """

    def __init__(self, remote: Any) -> None:
        self._remote = remote
        self._asked = threading.Event()
        self._ask = remote._prefetch_thread
        remote._prefetch_thread = self._quietly

    def up_to(self, stop: int, patience: float) -> None:
        """Request the bytes up to ``stop``; TimeoutError when that takes too long."""
        self._asked.clear()
        self._remote.prefetch(stop)
        if not self._asked.wait(patience):
            raise TimeoutError

    def _quietly(self, *arguments: Any) -> None:
        import paramiko

        # Whoever reads learns of the break all the same.
        try:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                self._ask(*arguments)
        finally:
            self._asked.set()


def _some(remote: Any, stop: int) -> bytes:
    data: bytes = remote.read(min(BLOCK, stop - remote.tell()))
    return data
