"""Host keys: which are known, and what a key that a server shows means.

The known_hosts format is read here, line by line, because paramiko gives up the whole file
at the first ``@cert-authority``, ``@revoked`` or damaged line (sshd(8), SSH_KNOWN_HOSTS).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rovertui.reading import contents

Verdict = Literal["known", "unknown", "changed", "revoked"]


def fingerprint(blob: bytes) -> str:
    """A public key's fingerprint as OpenSSH prints it: ``SHA256:...``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class KnownKey:
    """One usable line of a known_hosts file.

    Attributes:
        names: host patterns as written; a hashed name starts with ``|1|``.
        key_type: such as ``ssh-ed25519``.
        blob: the public key in SSH wire format.
        revoked: whether the line forbids the key instead of allowing it.
        where: ``FILE:LINE``, for messages.
    """

    names: tuple[str, ...]
    key_type: str
    blob: bytes
    revoked: bool
    where: str

    def covers(self, name: str) -> bool:
        """Whether this line speaks of ``name`` (``host`` or ``[host]:port``)."""
        found = False
        for pattern in self.names:
            if pattern.startswith("|1|"):
                found = found or _hashed_name_is(pattern, name)
            elif pattern.startswith("!"):
                if _glob(pattern[1:], name):
                    return False
            else:
                found = found or _glob(pattern, name)
        return found


@dataclass(frozen=True)
class KnownHosts:
    """Every readable line of some known_hosts files, and how many could not be read."""

    keys: tuple[KnownKey, ...]
    skipped: int

    @classmethod
    def load(cls, paths: Iterable[Path]) -> KnownHosts:
        """Read the files that exist; a line that cannot be used is counted, not fatal."""
        keys: list[KnownKey] = []
        skipped = 0
        for path in paths:
            if not path.is_file():
                continue
            try:
                text = contents(path).decode("utf-8", "replace")
            except OSError:
                skipped += 1
                continue
            # Only a line feed ends a line there, as for OpenSSH.
            for number, line in enumerate(text.split("\n"), 1):
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                key = parse_line(line, f"{path}:{number}")
                if key is None:
                    skipped += 1
                else:
                    keys.append(key)
        return cls(tuple(keys), skipped)

    def types_for(self, name: str) -> list[str]:
        """The key types on file for a host, so that the server is asked for one of them."""
        return list(
            dict.fromkeys(k.key_type for k in self.keys if not k.revoked and k.covers(name))
        )

    def judge(self, name: str, blob: bytes) -> tuple[Verdict, KnownKey | None]:
        """What the key ``blob``, shown by the host ``name``, means; and the line that says so.

        A host with any other key on file is ``changed``, even when the types differ: the types
        on file are asked for first, so a server that still has its old key shows that one.
        """
        for key in self.keys:
            if key.revoked and key.blob == blob and key.covers(name):
                return "revoked", key
        other: KnownKey | None = None
        for key in self.keys:
            if key.revoked or not key.covers(name):
                continue
            if key.blob == blob:
                return "known", key
            other = other or key
        return ("changed", other) if other else ("unknown", None)


def parse_line(line: str, where: str) -> KnownKey | None:
    """One known_hosts line, or None when it is not one that can be used here."""
    fields = line.split()
    revoked = False
    if fields and fields[0].startswith("@"):
        if fields[0] != "@revoked":
            return None
        revoked = True
        fields = fields[1:]
    if len(fields) < 3:
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = fields[1].encode()
    # The wire format starts with the type's name: a line that contradicts itself is damaged.
    if blob[: 4 + len(kind)] != len(kind).to_bytes(4, "big") + kind:
        return None
    return KnownKey(tuple(fields[0].split(",")), fields[1], blob, revoked, where)


def line_for(name: str, key_type: str, blob: bytes) -> str:
    """The known_hosts line, without its end, that trusts ``blob`` for ``name``."""
    return f"{name} {key_type} {base64.b64encode(blob).decode()}"


def remember(path: Path, name: str, key_type: str, blob: bytes) -> None:
    """Append a trusted key to ``path`` (made with mode 0600), on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        length = os.fstat(handle).st_size
        unfinished = length > 0 and os.pread(handle, 1, length - 1) != b"\n"
        line = line_for(name, key_type, blob) + "\n"
        os.write(handle, (("\n" if unfinished else "") + line).encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _hashed_name_is(pattern: str, name: str) -> bool:
    try:
        _, _, salt, digest = pattern.split("|")
        expected = base64.b64decode(digest, validate=True)
        key = base64.b64decode(salt, validate=True)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(hmac.new(key, name.encode(), "sha1").digest(), expected)


def _glob(pattern: str, name: str) -> bool:
    # Not fnmatch: the brackets of "[host]:2222" are plain characters here. Not a regular
    # expression: one of thirty stars would take hours.
    pattern, name = pattern.lower(), name.lower()
    at = here = 0
    star, again = -1, 0
    while here < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, again = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[here]):
            at += 1
            here += 1
        elif star >= 0:
            # The last star takes one character more.
            at, again = star + 1, again + 1
            here = again
        else:
            return False
    return pattern[at:].strip("*") == ""
