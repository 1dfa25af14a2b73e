"""What a login on the simulated V620 may do: read one directory tree.

Paths are taken as inside the root, whatever they say; a link that leads out of it is a file
that does not exist. Commands are answered here, no shell and no program is started.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED

BLOCK = 1 << 18


class Tree:
    """The confined directory tree.

    Args:
        root: the only directory whose contents can be seen.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def find(self, path: str) -> Path:
        """The real file a path means.

        Raises:
            FileNotFoundError: it does not exist, or lies outside the root.
        """
        inside = os.path.normpath("/" + path).lstrip("/")
        real = (self.root / inside).resolve(strict=True)
        if real != self.root and self.root not in real.parents:
            raise FileNotFoundError(path)
        return real

    def entries(self, path: str) -> Iterator[tuple[str, os.stat_result]]:
        """Name and properties of each file in a directory; those that lead outside are left out."""
        for name in sorted(entry.name for entry in self.find(path).iterdir()):
            try:
                yield name, self.find(f"{path}/{name}").stat()
            except OSError:
                continue


class Commands:
    """The few commands rovertui sends, as pure functions of a `Tree`.

    Args:
        tree: what can be read.
        write: takes standard output.
        complain: takes standard error.
    """

    def __init__(
        self, tree: Tree, write: Callable[[bytes], object], complain: Callable[[bytes], object]
    ) -> None:
        self._tree = tree
        self._write = write
        self._complain = complain
        self._status = 0

    def run(self, line: str) -> int:
        """Run commands separated by ``;``; returns the exit status of the last."""
        words = shlex.shlex(line, posix=True, punctuation_chars=";")
        words.whitespace_split = True
        words.commenters = ""
        command: list[str] = []
        for word in [*words, ";"]:
            if word != ";":
                command.append(word)
            elif command:
                self._status = self._one(command)
                command = []
        return self._status

    def _one(self, words: list[str]) -> int:
        known: dict[str, Callable[[list[str]], None]] = {
            "echo": self._echo,
            "printf": self._printf,
            "date": self._date,
            "find": self._find,
            "cat": self._cat,
            "tail": self._tail,
            "sha256sum": self._sha256sum,
        }
        program = known.get(words[0])
        if program is None:
            self._complain(f"{words[0]}: not on the simulated V620\n".encode())
            return 127
        try:
            program(words[1:])
        except OSError as error:
            self._complain(f"{words[0]}: {error.strerror or 'No such file'}\n".encode())
            return 1
        except (ValueError, IndexError):
            self._complain(f"{words[0]}: these arguments are not simulated\n".encode())
            return 2
        return 0

    def _echo(self, words: list[str]) -> None:
        self._write(" ".join(words).encode() + b"\n")

    def _printf(self, words: list[str]) -> None:
        form, value = words
        if value != "$?":
            raise ValueError
        self._write(form.replace("\\n", "\n").replace("%d", str(self._status)).encode())

    def _date(self, words: list[str]) -> None:
        if words != ["+%s.%N"]:
            raise ValueError
        self._write(f"{time.time():.9f}\n".encode())

    def _find(self, words: list[str]) -> None:
        expected = ["-mindepth", "1", "-maxdepth", "1", "-type", "f", "-printf", r"%s %T@ %f\0"]
        if words[0] != "-L" or words[2:] != expected:
            raise ValueError
        for name, found in self._tree.entries(words[1]):
            if stat.S_ISREG(found.st_mode):
                record = f"{found.st_size} {found.st_mtime:.9f} ".encode() + os.fsencode(name)
                self._write(record + b"\0")

    def _cat(self, words: list[str]) -> None:
        self._tail(["-c", "+1", *words])

    def _tail(self, words: list[str]) -> None:
        option, start, dashes, path = words
        if option != "-c" or dashes != "--" or not start.startswith("+"):
            raise ValueError
        with self._tree.find(path).open("rb") as stream:
            stream.seek(max(0, int(start) - 1))
            while block := stream.read(BLOCK):
                self._write(block)

    def _sha256sum(self, words: list[str]) -> None:
        dashes, path = words
        if dashes != "--":
            raise ValueError
        digest = hashlib.sha256()
        with self._tree.find(path).open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
        self._write(f"{digest.hexdigest()}  {path}\n".encode())


class ReadOnly(paramiko.SFTPServerInterface):  # type: ignore[misc]
    """SFTP on a `Tree`: looking and reading, nothing else."""

    def __init__(self, server: Any, tree: Tree) -> None:
        super().__init__(server)
        self._tree = tree

    def list_folder(self, path: str) -> Any:
        try:
            found = list(self._tree.entries(path))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0) or SFTP_NO_SUCH_FILE
        return [paramiko.SFTPAttributes.from_stat(properties, name) for name, properties in found]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._tree.find(path).stat())
        except OSError:
            return SFTP_NO_SUCH_FILE

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            return SFTP_PERMISSION_DENIED
        try:
            stream = self._tree.find(path).open("rb")
        except OSError:
            return SFTP_NO_SUCH_FILE
        handle = paramiko.SFTPHandle(flags)
        handle.filename = path
        handle.readfile = stream
        return handle
