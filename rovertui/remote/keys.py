"""Private keys, in the order they are offered: the named file, the agent, the usual files.

Nothing is stored: a passphrase lives in the local variable that opens the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.reading import contents
from rovertui.remote.questions import Ask, Question
from rovertui.remote.server import Target
from rovertui.text import clean

USUAL = ("id_ed25519", "id_ecdsa", "id_rsa")
ATTEMPTS = 3


class NeedsPassphrase(Exception):
    """The key file is encrypted and no passphrase, or an empty one, was given."""


class WrongPassphrase(Exception):
    """The passphrase does not open the key file."""


class KeyRing:
    """The keys one connection may offer.

    Attributes:
        notes: why a key was left out, one sentence each, for the message when none is accepted.
    """

    def __init__(self, target: Target, explicit: str, ask: Ask | None) -> None:
        self._target = target
        self._explicit = explicit
        self._ask = ask
        self.notes: list[str] = []

    def offered(self) -> Iterator[tuple[str, Any]]:
        """Yield ``(where the key is from, paramiko key)``; questions are asked on the way.

        Raises:
            OperatorError: the key file that was named is missing or no private key, or every
                passphrase given was wrong.
        """
        agent = self._agent_keys()
        by_blob = {key.asbytes(): key for key in agent}
        used: set[bytes] = set()
        locked: list[Path] = []
        for name in self._target.key_files:
            path = at_home(name)
            named = name == self._explicit
            if not path.is_file():
                if named:
                    raise OperatorError(
                        f"Key file {clean(str(path))} does not exist.",
                        hint=f"Correct {self._target.setting('key_file')} in config.toml, or leave "
                        "it empty.",
                        code="key",
                    )
                continue
            held = by_blob.get(_public_blob(path))
            if held is not None:
                used.add(held.asbytes())
                yield f"{path} (from the agent)", held
                continue
            key = self._load(path, required=named, locked=locked)
            if key is not None:
                used.add(key.asbytes())
                yield str(path), key
        if self._explicit and locked and self._ask is not None:
            yield from self._unlocked(locked)
            locked = []
        for key in agent:
            if key.asbytes() not in used:
                used.add(key.asbytes())
                yield "the agent", key
        for name in USUAL:
            path = at_home("~/.ssh") / name
            if path.is_file() and str(path) not in self._target.key_files:
                key = self._load(path, required=False, locked=locked)
                if key is not None and key.asbytes() not in used:
                    used.add(key.asbytes())
                    yield str(path), key
        yield from self._unlocked(locked)

    def _agent_keys(self) -> list[Any]:
        import paramiko

        try:
            return list(paramiko.Agent().get_keys())
        except (paramiko.SSHException, OSError) as error:
            self.notes.append(f"the agent could not be asked ({clean(str(error), 100)})")
            return []

    def _load(self, path: Path, *, required: bool, locked: list[Path]) -> Any | None:
        try:
            return load(path)
        except NeedsPassphrase:
            locked.append(path)
        except OperatorError as error:
            if required:
                raise
            self.notes.append(error.message)
        return None

    def _unlocked(self, paths: list[Path]) -> Iterator[tuple[str, Any]]:
        for path in paths:
            key = self._ask_for(path, self._ask) if self._ask is not None else None
            if key is None:
                # Whoever did not answer once is not asked about the next file.
                self._ask = None
                self.notes.append(f"{clean(str(path))} needs a passphrase")
            else:
                yield str(path), key

    def _ask_for(self, path: Path, ask: Ask) -> Any | None:
        shown = clean(str(path), 200)
        for attempt in range(1, ATTEMPTS + 1):
            again = "That passphrase was wrong. " if attempt > 1 else ""
            answer = ask(
                Question(
                    kind="passphrase",
                    text=f"{again}Passphrase of {shown}, to sign in as {self._target}:",
                    secret=True,
                    host=self._target.key_name,
                    fields={"key_file": shown, "attempt": str(attempt)},
                )
            )
            if answer is None:
                return None
            try:
                return load(path, answer)
            except (WrongPassphrase, NeedsPassphrase):
                continue
        raise OperatorError(
            f"None of {ATTEMPTS} passphrases opens the key file {shown}.",
            hint=f"Test it with: ssh-keygen -y -f {shown}",
            code="passphrase",
        )


def load(path: Path, passphrase: str | None = None) -> Any:
    """Read a private key in any format OpenSSH writes.

    Raises:
        NeedsPassphrase: it is encrypted and no passphrase, or an empty one, was given.
        WrongPassphrase: the passphrase does not open it.
        OperatorError: the file cannot be read or holds no private key.
    """
    import paramiko

    secret = passphrase.encode() if passphrase else None
    try:
        return paramiko.PKey.from_path(path, secret)
    except OSError as error:
        raise OperatorError(
            f"Key file {clean(str(path))} cannot be read: {error.strerror}.",
            hint="Its owner and mode must let you read it (chmod 600).",
            code="key",
        ) from error
    except TypeError as error:
        # cryptography's way to say that a passphrase is missing; there is no class for it.
        if secret is None:
            raise NeedsPassphrase from error
        raise _no_key(path, error) from error
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        if secret is not None:
            raise WrongPassphrase from error
        raise _no_key(path, error) from error


def _no_key(path: Path, error: Exception) -> OperatorError:
    return OperatorError(
        f"{clean(str(path))} is not a private key that can be used ({type(error).__name__}).",
        hint="Name the private key, not the .pub file beside it; RSA, ECDSA and Ed25519 work.",
        code="key",
    )


def _public_blob(path: Path) -> bytes:
    """The public key beside a private one in wire format, or nothing."""
    import base64

    try:
        return base64.b64decode(contents(Path(f"{path}.pub"), 1 << 20).split()[1], validate=True)
    except (OSError, IndexError, ValueError):
        return b""
