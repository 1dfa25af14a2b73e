"""The NPU of the RK3588: load by core, clock, driver and runtime."""

from __future__ import annotations

import re

from rovertui.machine.read import Root
from rovertui.snapshot import NpuView

_LOAD = "sys/kernel/debug/rknpu/load"
_CORE = re.compile(r"Core(\d+):\s*(\d+)\s*%")
_ALL = re.compile(r"(\d+)\s*%")
_LIBRARIES = ("usr/lib/librknnrt.so", "usr/lib/aarch64-linux-gnu/librknnrt.so")
_VERSION = re.compile(rb"librknnrt version: ([0-9.]+)")
_PERMISSION = "the NPU's load needs root: `sudo chmod a+rx /sys/kernel/debug` until the next start"


class Npu:
    """Watches the NPU; the runtime's version is read once, because the library is large."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._runtime = runtime(root)

    def view(self) -> NpuView:
        """What the NPU says of itself; ``present`` is whether its driver is loaded."""
        return _view(self._root, self._runtime)


def _view(root: Root, runtime_version: str) -> NpuView:
    driver = _driver(root)
    folders = root.glob("sys/class/devfreq/*npu*")
    view = NpuView(
        present=driver is not None or bool(folders),
        driver=driver or "",
        runtime=runtime_version,
    )
    for folder in folders[:1]:
        now, most = root.number(f"{folder}/cur_freq"), root.number(f"{folder}/max_freq")
        view.mhz = now / 1e6 if now is not None else None
        view.max_mhz = most / 1e6 if most is not None else None
    load = root.text(_LOAD)
    if load is not None:
        view.cores = [min(100, int(share)) / 100 for _, share in _CORE.findall(load)]
        if not view.cores:
            view.cores = [min(100, int(share)) / 100 for share in _ALL.findall(load)[:1]]
    elif view.present:
        view.hint = _PERMISSION
    return view


def _driver(root: Root) -> str | None:
    text = root.line("sys/kernel/debug/rknpu/version") or root.line("sys/module/rknpu/version")
    if text is None:
        return None
    return text.removeprefix("RKNPU driver:").strip().removeprefix("v")


def runtime(root: Root) -> str:
    """The version inside librknnrt.so, empty where there is none."""
    for name in _LIBRARIES:
        try:
            data = (root.path / name).read_bytes()
        except OSError:
            continue
        found = _VERSION.search(data)
        return found[1].decode() if found else "of unknown version"
    return ""
