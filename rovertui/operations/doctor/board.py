"""The NPU: its driver, its runtime, and the Python that models are tried with on it."""

from __future__ import annotations

import os
import re

from rovertui.conversion import precheck
from rovertui.errors import OperatorError
from rovertui.machine.npu import runtime as runtime_of
from rovertui.machine.read import Root
from rovertui.operations import checking, npu
from rovertui.operations.doctor.finding import Finding, Patient
from rovertui.text import clean

_CHIP = re.compile(r"rk3588", re.IGNORECASE)
_DEVICES = ("dev/rknpu", "dev/dri/renderD129")


def is_board(root: Root) -> bool:
    """Whether this machine has that chip, whatever its kernel can do with it."""
    text = " ".join(root.text(f"proc/device-tree/{name}") or "" for name in ("compatible", "model"))
    return bool(_CHIP.search(text)) or bool(root.glob("sys/class/devfreq/*npu*"))


def driver(patient: Patient) -> Finding:
    root = patient.root
    loaded = root.line("sys/kernel/debug/rknpu/version") or root.line("sys/module/rknpu/version")
    if loaded is None and not (root.path / "sys/module/rknpu").is_dir():
        if not is_board(root):
            return Finding("npu", "n/a", "no NPU here; results come from the toolkit's simulator")
        if not root.glob("sys/class/devfreq/*npu*"):
            return Finding(
                "npu",
                "missing",
                "this board's NPU has no driver (rknpu) in the running kernel",
                "Use the board vendor's kernel (5.10 or 6.1 with rknpu).",
            )
    for name in _DEVICES:
        device = root.path / name
        if device.exists() and not os.access(device, os.R_OK | os.W_OK):
            return Finding(
                "npu",
                "missing",
                f"/{name} cannot be opened",
                'sudo usermod -aG render,video "$USER", then log in again',
            )
    version = (loaded or "").removeprefix("RKNPU driver:").strip().removeprefix("v")
    return Finding("npu", "ok", f"driver {clean(version, 40)}" if version else "driver is loaded")


def runtime(patient: Patient) -> Finding:
    there = runtime_of(patient.root)
    if not there:
        if not is_board(patient.root):
            return Finding("librknnrt", "n/a", "only a machine with the NPU needs it")
        return Finding(
            "librknnrt",
            "missing",
            "librknnrt.so is not found in /usr/lib",
            f"Install Rockchip's NPU runtime {checking.toolkit_version()} there.",
        )
    built_by = checking.toolkit_version()
    if precheck.older(there, built_by):
        return Finding(
            "librknnrt",
            "warning",
            f"{there}, the toolkit {built_by}: its models may not load",
            f"Install Rockchip's NPU runtime {built_by}.",
        )
    return Finding("librknnrt", "ok", there)


def lite(patient: Patient) -> Finding:
    """Whether a model's frames can be run on the NPU before it goes live."""
    if patient.config.npu.check == "off" or not npu.present(patient.config, patient.root):
        return Finding("npu check", "n/a", "models are judged by the toolkit's simulator")
    try:
        found = npu.find(patient.config, patient.root)
    except OperatorError as error:
        return Finding("npu check", "warning", error.message, error.hint)
    what = "a stand-in for the NPU" if found.stand_in else "rknn-toolkit-lite2"
    return Finding("npu check", "ok", f"{what} in {found.python}")
