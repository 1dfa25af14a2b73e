"""What can go wrong on the way to the server, each in its own sentence."""

from __future__ import annotations

import errno
import socket

from rovertui.errors import OperatorError
from rovertui.remote.questions import Question
from rovertui.remote.server import Target
from rovertui.remote.trust import KnownKey
from rovertui.text import clean, size


def unreachable(error: OSError, target: Target) -> OperatorError:
    """Why no TCP connection came about."""
    host = clean(target.host, 200)
    if isinstance(error, socket.gaierror):
        return OperatorError(
            f"The name {host} is not known here ({clean(str(error.strerror))}).",
            hint="Correct its host in config.toml, or check this machine's network and DNS.",
            code="dns",
        )
    if isinstance(error, TimeoutError):
        return OperatorError(
            f"{host} did not answer on port {target.port}.",
            hint="Check that it is switched on and in the same network, and its firewall.",
            code="unreachable",
        )
    if error.errno == errno.ECONNREFUSED:
        return OperatorError(
            f"{host} refuses connections on port {target.port}.",
            hint="Start its SSH server (sudo systemctl start ssh), or correct "
            f"{target.setting('port')}.",
            code="unreachable",
        )
    return OperatorError(
        f"{host} port {target.port} cannot be reached: {clean(error.strerror or str(error))}.",
        hint="Check this rover's network: ip route get the address.",
        code="unreachable",
    )


def not_ssh(target: Target) -> OperatorError:
    """Something listens, but says nothing or something else."""
    return OperatorError(
        f"What answers on {clean(target.host, 200)} port {target.port} does not speak SSH.",
        hint=f"Correct {target.setting('port')} in config.toml (22 is usual; 5555 is the trainer's "
        "data port); if it is right, the server is frozen: look at it there.",
        code="not-ssh",
    )


def handshake(error: BaseException | None, target: Target) -> OperatorError:
    reason = clean(str(error), 200) if error is not None and str(error) else "no reason given"
    return OperatorError(
        f"{target}: no secure connection could be agreed on ({reason}).",
        hint="See the server's log: journalctl -u ssh.",
        code="handshake",
    )


def unknown_host(question: Question, declined: bool) -> OperatorError:
    host = clean(question.host, 200)
    shown = f"{question.fields['key_type']} {question.fields['fingerprint']}"
    if declined:
        return OperatorError(
            f"The key of {host} ({shown}) was not trusted, so nothing was sent to it.",
            hint="Compare it there: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            code="unknown-host",
        )
    return OperatorError(
        f"{host} is not a known host ({shown}), and nobody answered whether to trust it.",
        hint="Connect once from the screen and compare the fingerprint, or use ssh by hand.",
        code="unknown-host",
    )


def changed_key(target: Target, blob_print: str, known: KnownKey | None) -> OperatorError:
    where = _kept_in(known)
    return OperatorError(
        f"The key of {target.key_name} has CHANGED: it shows {blob_print}, not the one in {where}. "
        "Either the server was set up anew, or another machine answers in its place.",
        hint=f"Ask whoever runs it; if it is right, remove {where} and connect again.",
        code="changed-key",
    )


def revoked_key(target: Target, known: KnownKey | None) -> OperatorError:
    where = _kept_in(known)
    return OperatorError(
        f"The key that {target.key_name} shows is marked @revoked in {where}.",
        hint="Do not use this server; ask whoever revoked the key.",
        code="changed-key",
    )


def _kept_in(known: KnownKey | None) -> str:
    return clean(known.where, 300) if known else "known_hosts"


def not_authorised(target: Target, tried: list[str], notes: list[str]) -> OperatorError:
    """No key was accepted: which were offered, and which could not be."""
    left_out = f" Not offered: {'; '.join(notes)}." if notes else ""
    if not tried:
        if any("passphrase" in note for note in notes):
            return OperatorError(
                f"There is no key to sign in as {target} without a passphrase.{left_out}",
                hint="Connect from the screen and give it, or name an unencrypted key file in "
                f"{target.setting('key_file')} (unattended work needs one).",
                code="passphrase",
            )
        return OperatorError(
            f"There is no key to sign in as {target}.{left_out}",
            hint="Make one with ssh-keygen, then ssh-copy-id it to the server.",
            code="not-authorised",
        )
    offered = ", ".join(clean(name, 120) for name in tried)
    return OperatorError(
        f"{target} accepts none of the keys offered: {offered}.{left_out}",
        hint="Add the public key there: ssh-copy-id -i KEY.pub USER@HOST; check "
        f"{target.setting('user')}.",
        code="not-authorised",
    )


def frozen(target: Target, seconds: float) -> OperatorError:
    return OperatorError(
        f"{target} has stopped answering (silent for {seconds:.0f} s).",
        hint="Check the Wi-Fi and the server's load, then try again; a pull goes on where it was.",
        code="stalled",
    )


def dropped(target: Target) -> OperatorError:
    return OperatorError(
        f"The connection to {target} was lost.",
        hint="Try again; a pull goes on where it was.",
        code="dropped",
    )


def no_sftp(target: Target) -> OperatorError:
    return OperatorError(
        f"{target} offers neither a shell nor SFTP.",
        hint="Enable the sftp subsystem in its sshd_config.",
        code="refused",
    )


def no_shell(target: Target) -> OperatorError:
    return OperatorError(
        f"{target} runs no commands for this login (SFTP only).",
        hint="Allow a shell for it, or do this on the server by hand.",
        code="refused",
    )


def remote_file(error: OSError, target: Target, path: str) -> OperatorError:
    """A file or directory on the server that cannot be used."""
    shown = clean(path, 300)
    if error.errno == errno.ENOENT:
        return OperatorError(
            f"{target}: {shown} does not exist there.",
            hint=f"Correct {target.setting('directory')} in config.toml (relative to the login "
            "directory).",
            code="missing",
        )
    if error.errno == errno.EACCES:
        return OperatorError(
            f"{target}: permission denied for {shown}.",
            hint=f"Let this login read it there (chmod), or set another {target.setting('user')}.",
            code="denied",
        )
    return OperatorError(
        f"{target}: {shown} cannot be read: {clean(str(error), 200)}.", code="refused"
    )


def disk_full(path: str, needed: int, free: int) -> OperatorError:
    return OperatorError(
        f"The disk is full here: {clean(path, 300)} needs {size(needed)}, {size(free)} are free.",
        hint="Free some space (old models, logs), then pull again; it goes on where it was.",
        code="disk-full",
    )
