"""The first start, step by step: what is asked, what it writes, what is seen of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rovertui import checkout, config_file
from rovertui.checkout import Checkout
from rovertui.config import Config, Kind
from rovertui.config_edit import Setting
from rovertui.errors import OperatorError
from rovertui.ui import guide_mark

Step = Literal["checkout", "source", "v620", "done"]
STEPS: tuple[Step, ...] = ("checkout", "source", "v620", "done")
TITLES: dict[Step, str] = {
    "checkout": "THE ROVER'S ROS PACKAGES",
    "source": "WHERE FRAMES COME FROM",
    "v620": "THE TRAINING SERVER",
    "done": "DONE",
}
_OWN_SAMPLES = "rovertui_samples"
_STREAM_PORT = 5555

CHOICES: tuple[tuple[Kind, str], ...] = (
    ("tap", "the collector's stream, passed on to the V620 unchanged"),
    ("auto", "that stream, or else the files the collector saves"),
    ("directory", "the files the collector saves"),
    ("ros", "ROS topics, to watch while the inference node runs"),
    ("realsense", "the D435i itself, where nothing else holds it"),
    ("none", "none now: only convert and deploy here"),
)


@dataclass(frozen=True)
class Field:
    """A line to type into: its name here, its label, what stands in it while it is empty."""

    name: str
    label: str
    hint: str


FIELDS: dict[Step, tuple[Field, ...]] = {
    "checkout": (Field("checkout", "directory", "empty: skip this step"),),
    "source": (),
    "v620": (
        Field("host", "address", "NAME, ADDRESS:PORT or Host of ssh_config; empty: skip"),
        Field("user", "login", "empty: ssh_config's, or yours"),
        Field("key_file", "key", "empty: ssh_config's, the agent, then ~/.ssh"),
        Field("directory", "checkpoints", "directory over there"),
        Field("upstream", "its stream", f"empty: tcp://ADDRESS:{_STREAM_PORT}"),
    ),
    "done": (),
}


@dataclass
class Guide:
    """Where the operator is in it.

    Attributes:
        folder: the workspace.
        step: what is asked about; ``watching`` once it was answered and is being tried.
        said: why the last answer was not taken, or what to know of it.
        choice: index into :data:`CHOICES`.
    """

    folder: Path
    step: Step = "checkout"
    watching: bool = False
    said: str = ""
    choice: int = 0
    checkout: Checkout | None = None
    typed: dict[str, str] = field(default_factory=dict)
    _read: tuple[int, Config] | None = None

    @property
    def config(self) -> Config:
        """What the workspace's file says now; OperatorError where it cannot be used."""
        path = self.folder / config_file.NAME
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            changed = 0
        if self._read is None or self._read[0] != changed:
            self._read = changed, config_file.load(path)
        return self._read[1]

    def number(self) -> int:
        return STEPS.index(self.step) + 1

    def go(self, by: int) -> None:
        """To the step after or before this one."""
        place = max(0, min(STEPS.index(self.step) + by, len(STEPS) - 1))
        self.step, self.watching, self.said = STEPS[place], False, ""

    def fields(self) -> tuple[Field, ...]:
        """What is typed in this step."""
        if self.watching:
            return ()
        fields = FIELDS[self.step]
        if self.step == "v620" and self.config.source.kind not in ("tap", "auto"):
            return fields[:-1]
        return fields

    def knows_directory(self) -> bool:
        """Whether it is known where the collector saves."""
        return bool(self.checkout or self.config.source.path)

    def value(self, name: str) -> str:
        """What a field begins with: what was typed, is configured, or was found."""
        if name in self.typed:
            return self.typed[name]
        config = self.config
        if name == "checkout":
            found = checkout.candidates(self.folder, Path.home())
            return str(found[0]) if found else ""
        if name == "upstream":
            return config.tap.upstream
        return str(getattr(config.v620, name))

    def settings(self) -> dict[str, Setting]:
        """What this step's answer changes in the file; empty where it changes nothing.

        Raises:
            OperatorError: the answer cannot be taken, and why.
        """
        config = self.config
        if self.step == "checkout":
            given = self.typed.get("checkout", "").strip()
            self.checkout = checkout.check(given) if given else None
            found = _of_checkout(config, self.checkout, self.folder) if self.checkout else {}
        elif self.step == "source":
            found = _of_source(config, CHOICES[self.choice][0], self.checkout)
        elif self.step == "v620":
            found = _of_server(config, self.typed)
        else:
            found = {}
        return {name: value for name, value in found.items() if _present(config, name) != value}


def _present(config: Config, name: str) -> object:
    value: object = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _of_checkout(config: Config, found: Checkout, folder: Path) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    if found.setup_files:
        settings["source.setup_files"] = list(found.setup_files)
        sourced = " && ".join(f"source {shlex.quote(file)}" for file in found.setup_files)
        if not config.node.present_command:
            settings["node.present_command"] = [
                "bash",
                "-c",
                f"{sourced} && ros2 service list | grep -qx /reload_remote_model",
            ]
        if not config.node.reload_command:
            settings["node.reload_command"] = [
                "bash",
                "-c",
                f"{sourced} && exec ros2 service call /reload_remote_model std_srvs/srv/Trigger",
            ]
    ours = (folder / config.capture.directory).resolve()
    if ours == (found.root / checkout.SAMPLES).resolve():
        # The collector empties that directory when it starts.
        settings["capture.directory"] = _OWN_SAMPLES
    return settings


def _of_source(config: Config, kind: str, found: Checkout | None) -> dict[str, Setting]:
    settings: dict[str, Setting] = {"source.kind": kind}
    if kind in ("directory", "auto") and found and not config.source.path:
        settings["source.path"] = str(found.root / checkout.SAMPLES)
    if kind == "directory" and not (config.source.path or found):
        raise OperatorError(
            "Where the collector saves is not known.", hint="f2 goes back: name the checkout."
        )
    return settings


def _of_server(config: Config, typed: Mapping[str, str]) -> dict[str, Setting]:
    given = {name: typed.get(name, "").strip() for name in ("host", "user", "key_file")}
    if not given["host"]:
        return {}
    host, _, port = given["host"].partition(":")
    settings: dict[str, Setting] = {}
    if port.isdigit() and int(port) < 1 << 16:
        settings["v620.port"] = int(port)
        given["host"] = host
    settings |= {f"v620.{name}": value for name, value in given.items()}
    if directory := typed.get("directory", "").strip():
        settings["v620.directory"] = directory
    if config.source.kind in ("tap", "auto"):
        upstream = typed.get("upstream", "").strip()
        settings["tap.upstream"] = upstream or f"tcp://{given['host']}:{_STREAM_PORT}"
    return settings


def command(config: Config) -> str:
    """How the collector is started so that its packets come here."""
    port = config.tap.listen.rpartition(":")[2]
    return f"./{checkout.SCRIPT} tcp://127.0.0.1:{port}"


def resumed(folder: Path) -> Guide:
    """The guide where it was left."""
    left = guide_mark.step_left(folder)
    return Guide(folder, next((step for step in STEPS[:-1] if step == left), STEPS[0]))


def leave(guide: Guide) -> str:
    """Keep where the operator is; what kept that from being written, or nothing."""
    return guide_mark.leave(guide.folder, guide.step)
