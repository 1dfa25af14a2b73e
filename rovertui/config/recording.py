"""Where frames come from, and which become samples."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rovertui.config.kinds import Count, Positive
from rovertui.schema import Section

Kind = Literal["none", "auto", "tap", "directory", "ros", "realsense", "replay", "simulated"]


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
        Kind,
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
