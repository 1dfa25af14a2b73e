"""The rover, its node, the V620, other rovers, companions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rovertui.config.kinds import Positive
from rovertui.schema import Section


class Rover(Section, frozen=True):
    name: Annotated[str, Meta(description="What this rover is called on every screen.")] = "rover"
    site: Annotated[
        str, Meta(description="Where it drives; what cannot be met there is kept by site.")
    ] = ""
    max_linear: Annotated[
        Positive, Meta(description="Wheel command of action 1.0, in m/s (the node's parameter).")
    ] = 0.18
    max_angular: Annotated[
        Positive, Meta(description="Turn command of action 1.0, in rad/s (the node's parameter).")
    ] = 1.0
    still_linear: Annotated[
        Positive, Meta(description="Slower than this, in m/s, counts as standing still.")
    ] = 0.02
    still_angular: Annotated[
        Positive, Meta(description="Slower than this, in rad/s, counts as standing still.")
    ] = 0.03


class V620(Section, frozen=True):
    host: Annotated[
        str, Meta(description="Training server: a name, an address or a Host of ssh_config.")
    ] = ""
    port: Annotated[
        int, Meta(ge=0, le=65535, description="SSH port; 0 takes ssh_config's, or 22.")
    ] = 0
    user: Annotated[str, Meta(description="Login there; empty takes ssh_config's, or yours.")] = ""
    key_file: Annotated[
        str, Meta(description="Private key; empty tries ssh_config's, the agent, then ~/.ssh.")
    ] = ""
    known_hosts: Annotated[
        str, Meta(description="Host keys that are trusted; read, never written.")
    ] = "~/.ssh/known_hosts"
    directory: Annotated[str, Meta(description="Where its checkpoints lie.")] = (
        "remote_training_server/checkpoints"
    )
    pattern: Annotated[
        str, Meta(description="Name of a checkpoint without its ending; * is the training step.")
    ] = "ppo_v620_update_*"
    export_directory: Annotated[
        str, Meta(description="Where export_command runs there; relative to the login directory.")
    ] = "remote_training_server"
    export_command: Annotated[
        list[str],
        Meta(
            description="Makes an ONNX from a .pt there: words in which {pt} and {onnx} stand for "
            "the two files."
        ),
    ] = msgspec.field(
        default_factory=lambda: [
            "python3",
            "-c",
            "import sys; from v620_ppo_trainer import V620PPOTrainer as Trainer; "
            "t = Trainer(); t.load_checkpoint(sys.argv[1]); t.export_onnx(sys.argv[2])",
            "{pt}",
            "{onnx}",
        ]
    )
    export_timeout: Annotated[Positive, Meta(description="Seconds an export may take.")] = 600.0


class Node(Section, frozen=True):
    """The inference node on the rover. Commands are lists of words, run without a shell."""

    link: Annotated[
        str, Meta(description="The name the node loads, inside the models directory.")
    ] = "remote_trained.rknn"
    present_command: Annotated[
        list[str], Meta(description="Ends with 0 where a node runs that can be told to reload.")
    ] = msgspec.field(default_factory=list)
    reload_command: Annotated[
        list[str], Meta(description="Makes the node load its model again, and says success.")
    ] = msgspec.field(default_factory=list)
    reload_timeout: Annotated[Positive, Meta(description="Seconds to wait for its answer.")] = 20.0
    stop_command: Annotated[
        list[str],
        Meta(
            description="Makes the rover stand still; run before a switch that was accepted "
            "although the rover moves or may move. Where it fails, nothing is switched."
        ),
    ] = msgspec.field(default_factory=list)
    model_path_command: Annotated[
        list[str], Meta(description="Prints the path of the model the node loads.")
    ] = msgspec.field(default_factory=list)
    commands: Annotated[
        str,
        Meta(description="ZeroMQ address where the node's wheel commands can be heard; or empty."),
    ] = ""
    confirm: Annotated[
        Positive, Meta(description="Seconds within which its commands must arrive.")
    ] = 5.0
    compare: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            description="Frames a second on which the float model's action is held against the "
            "node's command while a model is live; 0 never.",
        ),
    ] = 1.0


class Peer(Section, frozen=True):
    """Another rover that models can be put into service on, over SSH."""

    name: Annotated[str, Meta(min_length=1, description="What it is called.")]
    host: Annotated[str, Meta(description="Name, address or Host of ssh_config.")]
    port: Annotated[int, Meta(ge=0, le=65535, description="SSH port; 0 as for v620.")] = 0
    user: Annotated[str, Meta(description="Login there; empty as for v620.")] = ""
    key_file: Annotated[str, Meta(description="Private key; empty as for v620.")] = ""
    known_hosts: Annotated[str, Meta(description="Host keys that are trusted.")] = (
        "~/.ssh/known_hosts"
    )
    python: Annotated[str, Meta(description="Python 3.10 or later there.")] = "python3"
    directory: Annotated[
        str, Meta(description="Where its commands run there; empty: the login directory.")
    ] = ""
    models: Annotated[str, Meta(description="Its models directory.")] = "models"
    samples: Annotated[
        str, Meta(description="Its directory of samples (`dataset import NAME:`).")
    ] = "calibration_data"
    link: Annotated[str, Meta(description="The name its node loads.")] = "remote_trained.rknn"
    target: Annotated[str, Meta(description="Its chip.")] = "rk3588"
    config: Annotated[
        str, Meta(description="Its rovertui config.toml, for its schemas and feed; or empty.")
    ] = ""
    feed: Annotated[
        Literal["compare", "same"],
        Meta(description='"same": you vouch that its node feeds what the one here does.'),
    ] = "compare"
    runtime_command: Annotated[
        list[str], Meta(description="Prints the version of the RKNN runtime there.")
    ] = msgspec.field(
        default_factory=lambda: [
            "sh",
            "-c",
            "grep -a -o -m1 'librknnrt version: [0-9.]*' /usr/lib/librknnrt.so",
        ]
    )
    present_command: Annotated[list[str], Meta(description="As node.present_command, there.")] = (
        msgspec.field(default_factory=list)
    )
    reload_command: Annotated[
        list[str], Meta(description="As node.reload_command, there (with its ROS setup).")
    ] = msgspec.field(default_factory=list)
    reload_timeout: Annotated[Positive, Meta(description="Seconds to wait for it.")] = 20.0
    stop_command: Annotated[list[str], Meta(description="As node.stop_command, there.")] = (
        msgspec.field(default_factory=list)
    )
    commands: Annotated[
        str, Meta(description="As node.commands, there; needs pyzmq in its python.")
    ] = ""
    confirm: Annotated[Positive, Meta(description="As node.confirm.")] = 5.0
    max_linear: Annotated[Positive, Meta(description="As rover.max_linear, there.")] = 0.18
    max_angular: Annotated[Positive, Meta(description="As rover.max_angular, there.")] = 1.0


class Companion(Section, frozen=True):
    name: Annotated[str, Meta(description="What to call it.")]
    command: Annotated[list[str], Meta(description="Program and arguments.")]
