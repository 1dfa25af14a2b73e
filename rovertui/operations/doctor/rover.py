"""What is on the rover besides: its camera, ROS, and the inference node."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

from rovertui.config import Config
from rovertui.files import at_home
from rovertui.machine.read import Root
from rovertui.operations.doctor.finding import Finding, Patient
from rovertui.sensors import ros as ros_program
from rovertui.sensors.holders import holders
from rovertui.text import clean

_INTEL = "8086"
_USB3 = 5000.0
_PATIENCE = 15.0
_BUILD = "build that workspace (colcon build)"
_RULES = (
    "etc/udev/rules.d/*realsense*.rules",
    "lib/udev/rules.d/*realsense*.rules",
    "usr/lib/udev/rules.d/*realsense*.rules",
)


def camera(patient: Patient) -> Finding:
    config, root = patient.config, patient.root
    wanted = config.source.kind == "realsense"
    used = wanted or (config.source.kind == "auto" and not config.source.setup_files)
    device = _realsense(root)
    if device is None:
        text = "no RealSense on USB"
        if wanted:
            return Finding("camera", "missing", text, "Plug it in; lsusb must show 8086.")
        return Finding("camera", "n/a", f"{text}; the source in use needs none")
    name = f"{root.line(f'{device}/product')}"
    if used:
        lacking = _lacking()
        if lacking is not None:
            return lacking
    speed = root.line(f"{device}/speed") or ""
    node = _node_of(root, device)
    if used and node is not None and not os.access(node, os.R_OK | os.W_OK):
        return Finding(
            "camera",
            "missing",
            f"{name}: {node} cannot be opened: librealsense's udev rules are not installed",
            "sudo apt-get install librealsense2-udev-rules, or copy 99-realsense-libusb.rules "
            "to /etc/udev/rules.d; then plug it in again.",
        )
    held = holders(r"/dev/video\d+|/dev/bus/usb/.*", root.path / "proc") if used else []
    if _slow(speed):
        return Finding(
            "camera", "warning", f"{name} at USB {speed} Mb/s", "Use a USB 3 port and cable."
        )
    if wanted and held:
        text = f"{name} is held by {', '.join(held[:3])}"
        return Finding("camera", "warning", text, "Stop that program, or take source.kind ros.")
    return Finding("camera", "ok", f"{name} at {speed} Mb/s".strip())


def _lacking() -> Finding | None:
    if importlib.util.find_spec("pyrealsense2") is None:
        return Finding("camera", "missing", "pyrealsense2 is not installed", "Run ./run again.")
    if ctypes.util.find_library("usb-1.0") is None:
        remedy = "sudo apt-get install libusb-1.0-0"
        return Finding("camera", "missing", "libusb is missing", remedy)
    return None


def _realsense(root: Root) -> str | None:
    for name in root.glob("sys/bus/usb/devices/*/idVendor"):
        folder = name.rpartition("/")[0]
        product = root.line(f"{folder}/product") or ""
        if root.line(name) == _INTEL and "RealSense" in product:
            return folder
    return None


def _node_of(root: Root, device: str) -> Path | None:
    """The device file, when it can be told; rules of udev decide who may open it."""
    bus, number = root.number(f"{device}/busnum"), root.number(f"{device}/devnum")
    if bus is None or number is None or any(root.glob(pattern) for pattern in _RULES):
        return None
    path = root.path / f"dev/bus/usb/{bus:03d}/{number:03d}"
    return path if path.exists() else None


def _slow(speed: str) -> bool:
    try:
        return float(speed) < _USB3
    except ValueError:
        return False


def ros(patient: Patient) -> Finding:
    config = patient.config
    source = config.source
    if not (source.setup_files or source.kind == "ros" or _calls_ros2(config)):
        return Finding("ros", "n/a", "nothing in config.toml uses ROS")
    if not source.setup_files:
        return Finding(
            "ros",
            "missing",
            "ROS is used, but source.setup_files is empty",
            'Set source.setup_files = ["/opt/ros/jazzy/setup.bash", ".../install/setup.bash"].',
        )
    for name in source.setup_files:
        if not at_home(name).is_file():
            remedy = f"Correct source.setup_files, or {_maker(name)}."
            return Finding("ros", "missing", f"there is no setup file {clean(name, 200)}", remedy)
    files = list(source.setup_files)
    trouble = ros_program.run(["bash", "-c", "command -v ros2"], files, _PATIENCE)
    if trouble:
        text = "after sourcing the setup files there is no program ros2"
        return Finding("ros", "missing", text, "sudo apt-get install ros-jazzy-ros2cli")
    if source.kind == "ros":
        modules = "import rclpy, numpy, zmq"
        trouble = ros_program.run([source.python, "-c", modules], files, _PATIENCE)
        if trouble:
            text = f"{source.python}: {trouble}"
            return Finding("ros", "missing", text, "sudo apt-get install python3-numpy python3-zmq")
    return Finding("ros", "ok", f"ros2 runs after {len(files)} setup files")


def _maker(setup_file: str) -> str:
    """What makes a setup file that is not there."""
    found = re.fullmatch(r"/opt/ros/(\w+)/[^/]+", setup_file)
    return f"install ROS 2 {found[1].capitalize()}" if found else _BUILD


def _calls_ros2(config: Config) -> bool:
    node = config.node
    commands = (
        config.source.capture_command,
        node.present_command,
        node.reload_command,
        node.stop_command,
        node.model_path_command,
    )
    return any("ros2" in word for command in commands for word in command)


def node(patient: Patient) -> Finding:
    given = patient.config.node
    if not given.reload_command:
        return Finding(
            "node",
            "n/a",
            "no reload command is set: a deployed model serves from the node's next start",
            "Set node.reload_command.",
        )
    for name in ("reload_command", "present_command", "stop_command", "model_path_command"):
        command: list[str] = getattr(given, name)
        program = command[0].replace("{python}", sys.executable) if command else ""
        if program and shutil.which(program) is None:
            text = f"node.{name}: {clean(program, 120)} is not found"
            return Finding("node", "missing", text, f"Correct node.{name}.")
    reload = " ".join(given.reload_command).replace("{python}", "python")
    return Finding("node", "ok", f"reloads by: {clean(reload)}")
