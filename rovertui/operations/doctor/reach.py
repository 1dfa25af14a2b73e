"""Other machines: the training server and its key, and whether others reach this one."""

from __future__ import annotations

import shutil
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.machine.read import Root
from rovertui.operations.doctor.finding import Finding, Patient
from rovertui.relay.address import check_tap
from rovertui.remote.checkpoints import list_checkpoints
from rovertui.remote.server import Server
from rovertui.remote.ssh import Link
from rovertui.text import clean

_LISTENING, _SSH = "0A", 22


def v620(patient: Patient) -> Finding:
    """Log in with the key there is and list the checkpoints, as a pull would; nothing is asked."""
    given = patient.config.v620
    if not given.host:
        return Finding("v620", "n/a", "no training server is set", "Set v620.host.")
    key = at_home(given.key_file) if given.key_file else None
    if key is not None and not key.is_file():
        remedy = f"Correct v620.key_file, or ssh-keygen -t ed25519 -f {key}"
        return Finding("v620", "missing", f"there is no key {clean(str(key))}", remedy)
    server = Server(
        host=given.host,
        port=given.port,
        user=given.user,
        key_file=given.key_file,
        known_hosts=given.known_hosts,
        own_known_hosts=patient.workspace.known_hosts,
        directory=given.directory,
        pattern=given.pattern,
    )
    link = Link(server, lambda question: None)
    try:
        found = list_checkpoints(link, given.directory, given.pattern)
    except OperatorError as error:
        remedy = error.hint or f"Try it by hand: ssh {clean(given.host, 80)}"
        return Finding("v620", "missing", f"{clean(given.host, 80)}: {error.message}", remedy)
    finally:
        link.close()
    count = len(found.checkpoints)
    if not count:
        text = f"{clean(given.host, 80)} answers; no checkpoint in {clean(found.directory, 120)}"
        return Finding("v620", "warning", text, "Correct v620.directory or v620.pattern.")
    return Finding("v620", "ok", f"{clean(given.host, 80)} answers, {count} checkpoints")


def tap(patient: Patient) -> Finding:
    """Whether the relay may take packets where config.toml says."""
    config = patient.config
    if config.source.kind not in ("tap", "auto"):
        return Finding("tap", "n/a", "the source needs no relay")
    try:
        chosen = check_tap(config.tap)
    except OperatorError as error:
        return Finding("tap", "missing", error.message, error.hint or "Correct it there.")
    return Finding("tap", "ok", chosen or f"packets are taken at {config.tap.listen}")


def sshd(patient: Patient) -> Finding:
    """Whether this machine can be logged in to: the V620 pushes models so, and people come so."""
    installed = (patient.root.path / "usr/sbin/sshd").exists() or (
        patient.root.path == Path("/") and shutil.which("sshd") is not None
    )
    if _listens(patient.root, _SSH):
        return Finding("sshd", "ok", f"port {_SSH} of this machine is open")
    if not installed:
        text = "no SSH server here: nobody can log in, or push models"
        return Finding("sshd", "n/a", text, "sudo apt-get install openssh-server")
    text = f"installed, but nothing listens on port {_SSH}"
    return Finding("sshd", "warning", text, "sudo systemctl enable --now ssh")


def _listens(root: Root, port: int) -> bool:
    wanted = f":{port:04X}"
    for name in ("proc/net/tcp", "proc/net/tcp6"):
        for line in (root.text(name) or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 3 and fields[1].endswith(wanted) and fields[3] == _LISTENING:
                return True
    return False
