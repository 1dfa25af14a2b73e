"""The machine itself: Python, clock, memory, disk, permissions, and whether programs may stay."""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import sys
import time
from pathlib import Path

from rovertui.machine.read import Root
from rovertui.operations.doctor.finding import Finding, Patient
from rovertui.text import clean, size
from rovertui.workspace import Workspace

_LOW_DISK = 2_000_000_000
_LOW_MEMORY = 1_600_000_000
_CLOCK_NOT_SET = 1_735_689_600  # 2025-01-01: older than this program
_AHEAD = 3600.0


def python() -> Finding:
    found = f"Python {platform.python_version()} on {platform.machine()}"
    if (3, 10) <= sys.version_info[:2] <= (3, 12):
        return Finding("python", "ok", found)
    return Finding("python", "missing", found, "Use Python 3.10, 3.11 or 3.12.")


def clock(root: Root, workspace: Workspace) -> Finding:
    remedy = "Set it: sudo timedatectl set-ntp true (or date -s)."
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S")
    if now < _CLOCK_NOT_SET:
        return Finding("clock", "warning", f"{shown}: the clock is not set", remedy)
    try:
        newest = workspace.config_path.stat().st_mtime
    except OSError:
        newest = now
    if newest > now + _AHEAD:
        text = f"{shown}: config.toml was written later than that, so the clock went back"
        return Finding("clock", "warning", text, remedy)
    service = root.path / "run/systemd/timesync"
    if service.is_dir() and not (service / "synchronized").exists():
        return Finding("clock", "warning", f"{shown}, not synchronised since the start", remedy)
    return Finding("clock", "ok", shown)


def memory(root: Root) -> Finding:
    free = _available(root)
    if free is None:
        return Finding("memory", "n/a", "the kernel does not say")
    text = f"{size(free)} available"
    if free < _LOW_MEMORY:
        return Finding(
            "memory",
            "warning",
            f"{text}; a conversion with 150 samples takes about 1.6 GB",
            "End other programs before converting, or lower conversion.samples.",
        )
    return Finding("memory", "ok", text)


def _available(root: Root) -> int | None:
    for line in (root.text("proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if name == "MemAvailable" and words and words[0].isdecimal():
            return int(words[0]) * 1024
    return None


def disk(patient: Patient) -> Finding:
    free = shutil.disk_usage(patient.workspace.root).free
    if free < _LOW_DISK:
        text = f"{size(free)} free"
        return Finding("disk", "warning", text, "Free some space: samples are 0.6 MB each.")
    return Finding("disk", "ok", f"{size(free)} free")


def writable(patient: Patient) -> Finding:
    workspace, config = patient.workspace, patient.config
    user = _user()
    for path in (
        workspace.root,
        workspace.kept,
        workspace.samples(config),
        workspace.models(config),
    ):
        there = path if path.exists() else path.parent
        if not os.access(there, os.W_OK):
            remedy = f"sudo chown -R {user} {there}"
            return Finding("permissions", "missing", f"{there} cannot be written", remedy)
    foreign = _foreign(workspace.models(config))
    if foreign is not None:
        # A model that root converted cannot be replaced in place by anybody else.
        return Finding(
            "permissions",
            "warning",
            f"{clean(str(foreign))} belongs to another user",
            f"sudo chown -R {user} {foreign.parent}",
        )
    return Finding("permissions", "ok", "samples, models and state can be written")


def _foreign(directory: Path) -> Path | None:
    if not directory.is_dir():
        return None
    return next((p for p in sorted(directory.iterdir()) if p.lstat().st_uid != os.getuid()), None)


def staying(patient: Patient) -> Finding:
    """Whether the daemon outlives the login: some systems end all of a user's programs then."""
    root, user = patient.root, _user()
    text = root.text("etc/systemd/logind.conf") or ""
    for name in root.glob("etc/systemd/logind.conf.d/*.conf"):
        text += "\n" + (root.text(name) or "")
    kills = [
        line.partition("=")[2].strip().lower()
        for line in text.splitlines()
        if line.strip().startswith("KillUserProcesses=")
    ]
    if not kills or kills[-1] not in ("yes", "true", "1", "on"):
        return Finding("logout", "ok", "programs outlive the login here")
    if (root.path / "var/lib/systemd/linger" / user).exists():
        return Finding("logout", "ok", f"{user} may linger: the daemon outlives the login")
    return Finding(
        "logout",
        "warning",
        "this system ends a user's programs at logout, the daemon too (KillUserProcesses)",
        f"sudo loginctl enable-linger {user}",
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
