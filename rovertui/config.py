"""What a person sets in ``config.toml``: every key, its meaning and what is allowed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rovertui.schema import Schema, Section, rgbd6

Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Precision = Literal["auto", "int8", "hybrid", "int16", "fp16"]


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


class Topics(Section, frozen=True):
    """Names on the rover, for source.kind "ros". An empty name is not subscribed to."""

    colour: Annotated[str, Meta(description="sensor_msgs/Image, rgb8 or bgr8.")] = (
        "/camera/camera/color/image_raw"
    )
    depth: Annotated[
        str, Meta(description="sensor_msgs/Image aligned to colour, 16UC1 in mm or 32FC1 in m.")
    ] = "/camera/camera/aligned_depth_to_color/image_raw"
    imu: Annotated[str, Meta(description="sensor_msgs/Imu with orientation.")] = "/imu/data"
    odometry: Annotated[str, Meta(description="nav_msgs/Odometry.")] = "/odom"
    distance: Annotated[str, Meta(description="std_msgs/Float32, nearest obstacle in m.")] = (
        "/min_forward_distance"
    )
    command: Annotated[str, Meta(description="geometry_msgs/Twist, the wheels' commands.")] = (
        "/cmd_vel_ai"
    )


class Source(Section, frozen=True):
    kind: Annotated[
        Literal["none", "auto", "tap", "directory", "ros", "realsense", "replay", "simulated"],
        Meta(
            description='Where frames come from: "none"; "tap" (the stream of the collector, '
            'passed on to the V620, see [tap]); "directory" (files of the collector in `path`, '
            'taken over by copy); "auto" (tap, then directory; the camera only where '
            '`setup_files` is empty and nothing holds it); "ros" (topics, see [source.topics]); '
            '"realsense" (the camera itself); "replay" (samples or a .db3 recording in `path`); '
            '"simulated" (the demo\'s world).'
        ),
    ] = "none"
    path: Annotated[
        str,
        Meta(
            description="directory: where the collector writes, not our own set; replay: a "
            "directory of samples or a .db3 recording. Relative to the workspace."
        ),
    ] = ""
    interval: Annotated[
        Positive, Meta(description="directory: seconds between two of the collector's samples.")
    ] = 10.0
    setup_files: Annotated[
        list[str],
        Meta(
            description="Shell files sourced before any ros2 program: "
            "/opt/ros/jazzy/setup.bash and the workspace's install/setup.bash."
        ),
    ] = msgspec.field(default_factory=list)
    capture_command: Annotated[
        list[str],
        Meta(
            description="directory: switches the collector's saving; {value} becomes true or "
            'false: ["ros2", "param", "set", "/remote_training_collector", '
            '"save_calibration_samples", "{value}"].'
        ),
    ] = msgspec.field(default_factory=list)
    python: Annotated[
        str, Meta(description="ros: the system's Python, which has rclpy, NumPy and pyzmq.")
    ] = "/usr/bin/python3"
    serial: Annotated[
        str, Meta(description="realsense: the camera's serial number; empty takes the only one.")
    ] = ""
    axes: Annotated[
        str,
        Meta(
            description="realsense: the rover's forward, left and up in the camera's axes (x "
            'right, y down, z ahead), such as "z,-x,-y" for a camera that looks straight ahead. '
            "Empty: the camera's attitude is shown and does not become the rover's."
        ),
    ] = ""
    velocities: Annotated[
        Literal["none", "ros"],
        Meta(
            description='realsense: where velocities come from, which no camera knows: "ros" '
            '(odometry of [source.topics], through the helper), or "none": they are absent, and a '
            "schema that names them keeps nothing."
        ),
    ] = "none"
    topics: Topics = msgspec.field(default_factory=Topics)
    seed: Annotated[int, Meta(description="Simulated world only: the seed of world and drive.")] = 1
    speed: Annotated[
        Positive,
        Meta(description="Simulated world and replay: seconds of its time for each of ours."),
    ] = 1.0
    rate: Annotated[
        float,
        Meta(
            ge=0, description="Simulated world: frames a second of ours; 0 (replay too) flat out."
        ),
    ] = 10.0


class Tap(Section, frozen=True):
    """The relay between the collector and the V620 (source.kind "tap" or "auto")."""

    listen: Annotated[
        str,
        Meta(
            description="Where packets are taken; start the collector with this address "
            "(./start_remote_training_collection.sh tcp://127.0.0.1:5555)."
        ),
    ] = "tcp://127.0.0.1:5555"
    network: Annotated[
        bool, Meta(description="Allow `listen` to be an address that other machines can reach.")
    ] = False
    upstream: Annotated[
        str, Meta(description="Where packets go on to: tcp://V620:5555; empty: nowhere.")
    ] = ""
    cap: Annotated[
        float,
        Meta(ge=0, description="Most bytes a second sent on; 0 is no limit. The rest is left out."),
    ] = 0.0


class Capture(Section, frozen=True):
    rule: Annotated[
        Literal["diverse", "interval"],
        Meta(
            description='When a frame is kept: "diverse" keeps what is unlike everything kept '
            'before; "interval" one every `interval` seconds (the guide\'s rule).'
        ),
    ] = "diverse"
    interval: Annotated[
        Positive, Meta(description="Seconds of source time between two samples.")
    ] = 10.0
    count: Annotated[
        Count, Meta(description="interval: samples for calibration that complete the set.")
    ] = 100
    places: Annotated[
        Count,
        Meta(
            description="diverse: the rule keeps at most so many for calibration, of all sessions."
        ),
    ] = 50
    check_places: Annotated[
        Count,
        Meta(description="diverse: the rule keeps at most so many for checking, of all sessions."),
    ] = 30
    goal: Annotated[
        float,
        Meta(
            gt=0,
            le=100,
            description="diverse: % covered that completes the set, with `check_places` for "
            "checking (at most [limits] frames). Recording goes on: better samples take places.",
        ),
    ] = 35.0
    old_after: Annotated[
        Positive,
        Meta(description="Days after which the samples that calibrated a live model are old."),
    ] = 90.0
    trash_most: Annotated[
        float,
        Meta(
            ge=0,
            description="Most bytes of samples in the trash; the oldest go first, never those "
            "kept by hand. 0 is no limit.",
        ),
    ] = 1e9
    directory: Annotated[str, Meta(description="Where samples lie; relative to the workspace.")] = (
        "calibration_data"
    )
    schema: Annotated[str, Meta(description="The schema that new samples are stamped with.")] = (
        "rgbd6"
    )
    max_age: Annotated[
        Positive, Meta(description="Seconds: a stream older than this is fit for no sample.")
    ] = 0.2
    max_skew: Annotated[
        Positive, Meta(description="Seconds: streams further apart are fit for no sample.")
    ] = 0.05
    block: Annotated[
        Positive,
        Meta(description="Length in seconds of the blocks of source time that get a role."),
    ] = 30.0
    check_every: Annotated[
        int,
        Meta(
            ge=2,
            description="One block in so many (4: every fourth) is for checking only, never for "
            "calibration.",
        ),
    ] = 4


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


class Conversion(Section, frozen=True):
    target: Annotated[str, Meta(description="The chip.")] = "rk3588"
    precision: Annotated[
        Precision,
        Meta(
            description='"auto": hybrid where a vector input reaches the outputs without a '
            "convolution, int8 otherwise; over its limits, int16 and then fp16 are tried."
        ),
    ] = "auto"
    samples: Annotated[
        Count, Meta(description="At most so many samples calibrate: those that cover the set.")
    ] = 50
    python: Annotated[
        str, Meta(description="Python with rknn-toolkit2; empty: the one `toolkit install` makes.")
    ] = ""
    threads: Annotated[int, Meta(ge=1, le=64, description="Threads a conversion may use.")] = 2
    on_arrival: Annotated[
        Literal["notify", "convert", "ship"],
        Meta(
            description="What a new ONNX model in `directory` leads to, pulled or put there by "
            'somebody else: "notify" says so; "convert" converts it too; "ship" also puts it into '
            "service when its check is GOOD and within the limits, it is newer than what is live "
            "and the rover stands still; otherwise a person decides."
        ),
    ] = "notify"
    directory: Annotated[str, Meta(description="Where models lie; relative to the workspace.")] = (
        "models"
    )
    cores: Annotated[
        Literal["small", "all"],
        Meta(
            description='Processors a conversion runs on: "small" keeps to those of least '
            "capacity where the kernel tells them apart (RK3588: four Cortex-A55)."
        ),
    ] = "small"
    pause_above: Annotated[
        float,
        Meta(ge=0, description="Degrees Celsius of the chip above which it pauses; 0: never."),
    ] = 85.0
    resume_below: Annotated[
        float, Meta(ge=0, description="Degrees Celsius below which it goes on.")
    ] = 80.0
    where: Annotated[
        Literal["here", "v620"],
        Meta(
            description='Where models are built: "here", or on the training server over SSH with '
            "the Python of `v620_python`, which must have rknn-toolkit2."
        ),
    ] = "here"
    v620_python: Annotated[
        str, Meta(description="where v620: the Python there; ~ is the login directory.")
    ] = "python3"
    v620_scratch: Annotated[
        str, Meta(description="where v620: the directory there for what a conversion needs.")
    ] = ".cache/rovertui"


class Npu(Section, frozen=True):
    """Running a converted model's golden frames on this rover's NPU before it goes live."""

    check: Annotated[
        Literal["auto", "off"],
        Meta(
            description='"auto": after a conversion and before a model goes live, where there is '
            'an NPU and rknn-toolkit-lite2; "off": only when asked for (`rovertui npu MODEL`).'
        ),
    ] = "auto"
    python: Annotated[
        str,
        Meta(
            description="Python with rknn-toolkit-lite2; empty: the system's, or the one that "
            "converts."
        ),
    ] = ""
    apart: Annotated[
        Positive, Meta(description="How far an output may be from the simulator's.")
    ] = 0.05
    stand_in: Annotated[
        bool,
        Meta(
            description="Simulation only: a stand-in takes the NPU's place, so that the figures "
            "can be seen on the screens; they say that they are none of an NPU."
        ),
    ] = False


class Limits(Section, frozen=True):
    """How far the RKNN's action may be from the float model's, on frames for checking."""

    mean: Annotated[Positive, Meta(description="Mean of |difference|.")] = 0.01
    largest: Annotated[Positive, Meta(description="Largest |difference|.")] = 0.15
    over: Annotated[Positive, Meta(description="A frame off by more than this is counted.")] = 0.05
    share_over: Annotated[
        float, Meta(ge=0, le=1, description="Share of frames that may be off by more than `over`.")
    ] = 0.02
    frames: Annotated[
        int, Meta(ge=1, description="With fewer frames for checking the result is called WEAK.")
    ] = 30


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


class Screen(Section, frozen=True):
    theme: Annotated[
        Literal["dark", "light", "safe", "16", "none"],
        Meta(
            description='Colours: "dark"; "light" for sunlight; "safe" for the colour-blind; "16", '
            'the terminal\'s own; "none". Whatever a colour says is said by a word or sign too.'
        ),
    ] = "dark"
    bell: Annotated[bool, Meta(description="Ring for: goal reached, job ended, sensor lost.")] = (
        False
    )
    low_bandwidth: Annotated[
        bool,
        Meta(
            description="Draw once a second and no trends, always; otherwise only on a line that "
            "answers slowly."
        ),
    ] = False


class Config(Section, frozen=True):
    rover: Rover = msgspec.field(default_factory=Rover)
    source: Source = msgspec.field(default_factory=Source)
    tap: Tap = msgspec.field(default_factory=Tap)
    capture: Capture = msgspec.field(default_factory=Capture)
    v620: V620 = msgspec.field(default_factory=V620)
    conversion: Conversion = msgspec.field(default_factory=Conversion)
    limits: Limits = msgspec.field(default_factory=Limits)
    npu: Npu = msgspec.field(default_factory=Npu)
    node: Node = msgspec.field(default_factory=Node)
    rovers: Annotated[
        list[Peer],
        Meta(description="Other rovers that models can be sent to (`ship --to NAME`)."),
    ] = msgspec.field(default_factory=list)
    companions: Annotated[
        list[Companion],
        Meta(description="Programs the daemon keeps running beside itself (the demo uses it)."),
    ] = msgspec.field(default_factory=list)
    screen: Screen = msgspec.field(default_factory=Screen)
    keys: Annotated[
        dict[str, str],
        Meta(
            description='Keys that differ from ours, by command, such as copy = "Y". Keys that '
            "move, q, esc and ? stay; what changes the wheels' commands is a capital letter."
        ),
    ] = msgspec.field(default_factory=dict)
    schemas: dict[str, Schema] = msgspec.field(default_factory=lambda: {"rgbd6": rgbd6()})

    @property
    def schema(self) -> Schema:
        """The schema that new samples are stamped with."""
        return self.schemas[self.capture.schema]

    @property
    def simulated(self) -> bool:
        """Whether this workspace's frames come from a simulation."""
        return self.source.kind == "simulated"
