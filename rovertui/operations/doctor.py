"""What is missing on this machine, each finding with its remedy in one line."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from rovertui.config import Config
from rovertui.conversion import precheck, questions
from rovertui.errors import OperatorError
from rovertui.operations import checking, toolkit
from rovertui.schema import Schema
from rovertui.text import size
from rovertui.workspace import Workspace

State = Literal["ok", "warning", "missing"]

_LOW_DISK = 2_000_000_000
_LOW_MEMORY = 1_600_000_000
_CLOCK_NOT_SET = 1_735_689_600  # 2025-01-01: older than this program


class Finding(msgspec.Struct):
    """One thing looked at."""

    name: str
    state: State
    text: str
    remedy: str = ""


def examine(workspace: Workspace) -> list[Finding]:
    """Look at everything the program needs; nothing is changed."""
    findings = [_python(), _clock(), _memory()]
    try:
        config = workspace.load()
    except OperatorError as error:
        return [*findings, Finding("config", "missing", error.message, error.hint)]
    findings.append(Finding("config", "ok", str(workspace.config_path)))
    looks: list[Callable[[Workspace, Config], Finding]] = [
        _disk,
        _writable,
        _toolkit,
        _preprocessing,
        _v620,
        _camera,
        _npu,
        _node,
    ]
    return findings + [look(workspace, config) for look in looks]


_MARKS: dict[State, str] = {"ok": "ok  ", "warning": "WARN", "missing": "MISS"}


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for a person, one a line, each with its remedy."""
    return [
        f"{_MARKS[finding.state]} {finding.name:<13} {finding.text}"
        + (f"  -> {finding.remedy}" if finding.remedy else "")
        for finding in findings
    ]


def _python() -> Finding:
    found = f"Python {platform.python_version()} on {platform.machine()}"
    if (3, 10) <= sys.version_info[:2] <= (3, 12):
        return Finding("python", "ok", found)
    return Finding("python", "missing", found, "Use Python 3.10, 3.11 or 3.12.")


def _clock() -> Finding:
    if time.time() < _CLOCK_NOT_SET:
        return Finding(
            "clock", "warning", "the clock is not set", "Set it: timedatectl set-ntp true"
        )
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S"))


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    text = f"{size(free)} available"
    if free < _LOW_MEMORY:
        return Finding(
            "memory",
            "warning",
            f"{text}; a conversion with 150 samples takes about 1.6 GB",
            "End other programs before converting.",
        )
    return Finding("memory", "ok", text)


def _disk(workspace: Workspace, config: Config) -> Finding:
    free = shutil.disk_usage(workspace.root).free
    state: State = "warning" if free < _LOW_DISK else "ok"
    return Finding(
        "disk", state, f"{size(free)} free", "Free some space." if free < _LOW_DISK else ""
    )


def _writable(workspace: Workspace, config: Config) -> Finding:
    for path in (workspace.root, workspace.samples(config), workspace.models(config)):
        there = path if path.exists() else path.parent
        if not os.access(there, os.W_OK):
            return Finding(
                "permissions",
                "missing",
                f"{there} cannot be written",
                f"sudo chown -R {os.getuid()} {there}",
            )
    return Finding("permissions", "ok", "samples, models and state can be written")


def _toolkit(workspace: Workspace, config: Config) -> Finding:
    try:
        found = toolkit.require(config.conversion.python)
    except OperatorError as error:
        return Finding("toolkit", "missing", error.message, "rovertui toolkit install")
    if ctypes.util.find_library("GL") is None:
        return Finding(
            "toolkit",
            "warning",
            f"{found}; its opencv may lack libGL.so.1",
            "sudo apt-get install libgl1",
        )
    return Finding("toolkit", "ok", str(found))


def _preprocessing(workspace: Workspace, config: Config) -> Finding:
    try:
        decided = checking.decided(workspace, config)
    except OperatorError as error:
        return Finding("inputs", "missing", error.message, error.hint)
    schema = questions.apply(config.schema, decided)
    open_ones = [name for name, given in schema.inputs.items() if given.net_scale == "ask"]
    if open_ones:
        return Finding(
            "inputs",
            "missing",
            f"nobody has said what training fed to {', '.join(open_ones)}",
            f"rovertui decide {open_ones[0]}.net_scale {_values(open_ones[0], schema)}",
        )
    text = "sample, feed and net are stated for every input"
    answers = "; ".join(f"{key} = {made.text}" for key, made in decided.items())
    return Finding("inputs", "ok", f"{text}{f' ({answers})' if answers else ''}")


def _values(entry: str, schema: Schema) -> str:
    choices = questions.about_scale(entry, schema).choices
    return " or ".join(value for _, value in choices if value)


def _v620(workspace: Workspace, config: Config) -> Finding:
    if not config.v620.host:
        return Finding("v620", "missing", "no training server is set", "Set v620.host.")
    return Finding("v620", "ok", f"{config.v620.host} (rovertui models asks it)")


def _camera(workspace: Workspace, config: Config) -> Finding:
    if importlib.util.find_spec("pyrealsense2") is None:
        return Finding("camera", "warning", "pyrealsense2 is not installed", "Run ./run again.")
    if ctypes.util.find_library("usb-1.0") is None:
        return Finding(
            "camera", "warning", "libusb is missing", "sudo apt-get install libusb-1.0-0"
        )
    cameras = [
        path.parent
        for path in Path("/sys/bus/usb/devices").glob("*/idVendor")
        if path.read_text().strip() == "8086" and "RealSense" in _read(path.parent / "product")
    ]
    if not cameras:
        return Finding("camera", "ok", "no RealSense on USB (the source in use needs none)")
    speed = _read(cameras[0] / "speed")
    if speed and float(speed) < 5000:
        return Finding(
            "camera", "warning", f"RealSense at USB {speed} Mb/s", "Use a USB 3 port and cable."
        )
    return Finding("camera", "ok", f"{_read(cameras[0] / 'product')} at {speed} Mb/s")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _npu(workspace: Workspace, config: Config) -> Finding:
    if not Path("/sys/class/devfreq/fdab0000.npu").exists() and platform.machine() != "aarch64":
        return Finding("npu", "ok", "none here; results come from the toolkit's simulator")
    library = next((p for p in ("/usr/lib/librknnrt.so",) if Path(p).exists()), "")
    if not library:
        return Finding(
            "npu", "warning", "librknnrt.so not found", "Install Rockchip's NPU runtime 2.x."
        )
    there, built_by = checking.runtime_version(Path(library)), checking.toolkit_version()
    if there and precheck.older(there, built_by):
        return Finding(
            "npu",
            "warning",
            f"{library} is {there}, the toolkit {built_by}: its models may not load",
            f"Install Rockchip's NPU runtime {built_by}.",
        )
    return Finding("npu", "ok", f"{library} {there}".strip())


def _node(workspace: Workspace, config: Config) -> Finding:
    if not config.node.reload_command:
        return Finding(
            "node",
            "warning",
            "no reload command is set: a deployed model serves from the node's next start",
            "Set node.reload_command in config.toml.",
        )
    program = config.node.reload_command[0].replace("{python}", sys.executable)
    if shutil.which(program) is None:
        return Finding("node", "missing", f"{program} is not found", "Correct node.reload_command.")
    return Finding("node", "ok", " ".join(config.node.reload_command)[:70])
