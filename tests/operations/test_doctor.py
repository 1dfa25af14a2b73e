"""The doctor on trees that look like a rover's, and on this machine: each finding has a remedy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rovertui import config_file
from rovertui.config import Config, Conversion, Node, Source, Tap
from rovertui.operations import doctor
from rovertui.operations.doctor import Finding, rover
from rovertui.workspace import Workspace
from tests.machine.board import rk3588, write

Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Examines a workspace of its own, on a tree; the findings by name."""

    def go(root: Path | None = None, **sections: Any) -> dict[str, Finding]:
        place = tmp_path / "workspace"
        if not (place / "config.toml").exists():
            place.mkdir()
            config_file.create(place / "config.toml", msgspec.structs.replace(Config(), **sections))
        found = doctor.examine(Workspace(place), root or tmp_path / "empty")
        assert all(one.remedy for one in found if one.state in ("missing", "warning")), found
        assert all("\n" not in one.remedy for one in found)
        return {one.name: one for one in found}

    return go


def test_what_is_absent_and_not_configured_is_no_failure(examine: Examine) -> None:
    found = examine()

    for name in ("npu", "librknnrt", "npu check", "v620", "sshd", "camera", "ros", "node"):
        assert found[name].state == "n/a", found[name]
    assert [line[:4] for line in doctor.lines([found["ros"]])] == ["n/a "]


def test_a_board_shows_its_driver_and_an_old_runtime_with_the_remedy(
    examine: Examine, tmp_path: Path
) -> None:
    found = examine(rk3588(tmp_path / "board"))

    assert (found["npu"].state, found["npu"].text) == ("ok", "driver 0.9.8")
    assert found["librknnrt"].state == "warning"
    assert "2.3.2" in found["librknnrt"].text and "2.5.0" in found["librknnrt"].remedy
    assert found["npu check"].state in ("ok", "warning")
    assert found["memory"].text == "9.2 GB available"


def test_a_board_without_driver_or_runtime_is_missing_them(
    examine: Examine, tmp_path: Path
) -> None:
    board = tmp_path / "board"
    write(board, "proc/device-tree/compatible", "xunlong,orangepi-5-plus\0rockchip,rk3588\0")
    found = examine(board)

    assert found["npu"].state == "missing" and "kernel" in found["npu"].remedy
    assert found["librknnrt"].state == "missing"


@pytest.mark.skipif(os.getuid() == 0, reason="root may open everything")
def test_an_npu_that_may_not_be_opened_names_the_group(examine: Examine, tmp_path: Path) -> None:
    board = rk3588(tmp_path / "board")
    write(board, "dev/rknpu", "")
    (board / "dev/rknpu").chmod(0)

    assert "usermod" in examine(board)["npu"].remedy


def test_little_memory_is_said_with_what_a_conversion_takes(
    examine: Examine, tmp_path: Path
) -> None:
    write(tmp_path / "board", "proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 900000 kB\n")
    found = examine(tmp_path / "board")["memory"]
    assert found.state == "warning" and "1.6 GB" in found.text


def test_a_clock_that_went_back_or_never_synchronised_is_said(
    examine: Examine, tmp_path: Path
) -> None:
    board = tmp_path / "board"
    (board / "run/systemd/timesync").mkdir(parents=True)
    found = examine(board)["clock"]
    assert found.state == "warning" and "not synchronised" in found.text
    write(board, "run/systemd/timesync/synchronized", "")
    assert examine(board)["clock"].state == "ok"
    later = time.time() + 90_000
    os.utime(tmp_path / "workspace" / "config.toml", (later, later))
    assert "went back" in examine(board)["clock"].text


def test_a_system_that_ends_programs_at_logout_is_told_from_one_where_they_may_stay(
    examine: Examine, tmp_path: Path
) -> None:
    board = tmp_path / "board"
    write(board, "etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=no\n")
    assert examine(board)["logout"].state == "ok"
    write(board, "etc/systemd/logind.conf.d/a.conf", "[Login]\nKillUserProcesses=yes\n")
    found = examine(board)["logout"]
    assert found.state == "warning" and "enable-linger" in found.remedy
    write(board, f"var/lib/systemd/linger/{found.remedy.split()[-1]}", "")
    assert examine(board)["logout"].state == "ok"


def test_an_ssh_server_listens_or_is_to_be_started(examine: Examine, tmp_path: Path) -> None:
    board = tmp_path / "board"
    write(board, "usr/sbin/sshd", "")
    assert "systemctl" in examine(board)["sshd"].remedy
    write(
        board,
        "proc/net/tcp6",
        "  sl  local_address  remote_address st\n"
        "   0: 00000000000000000000000000000000:0016 0000:0000 0A 0 0 0 0 0 1\n",
    )
    assert examine(board)["sshd"].state == "ok"


def plugged(board: Path, speed: str = "5000") -> Path:
    for name, text in (
        ("idVendor", "8086"),
        ("product", "Intel(R) RealSense(TM) Depth Camera 435i"),
        ("speed", speed),
        ("busnum", "4"),
        ("devnum", "2"),
    ):
        write(board, f"sys/bus/usb/devices/4-1/{name}", f"{text}\n")
    (board / "proc").mkdir(exist_ok=True)
    return board


def test_a_camera_that_is_the_source_must_be_there_fast_and_allowed(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, source = tmp_path / "board", Source(kind="realsense")
    monkeypatch.setattr(rover, "_lacking", lambda: None)
    assert examine(board, source=source)["camera"].state == "missing"
    found = examine(plugged(board))["camera"]
    assert (found.state, found.text[-9:]) == ("ok", "5000 Mb/s")
    slow = examine(plugged(board, "480"))["camera"]
    assert slow.state == "warning" and "USB 3" in slow.remedy
    write(board, "dev/bus/usb/004/002", "")
    if os.getuid():
        (board / "dev/bus/usb/004/002").chmod(0)
        assert "udev" in examine(board)["camera"].remedy
        write(board, "etc/udev/rules.d/99-realsense-libusb.rules", "")
        assert "udev" not in examine(board)["camera"].remedy


def test_ros_is_missing_only_where_something_uses_it(examine: Examine, tmp_path: Path) -> None:
    reload = Node(reload_command=["ros2", "service", "call", "/reload_remote_model"])
    found = examine(node=reload)
    assert found["ros"].state == "missing" and "source.setup_files" in found["ros"].remedy
    assert found["node"].state == "missing" and "node.reload_command" in found["node"].remedy


def test_the_command_that_reloads_is_named_whole(examine: Examine) -> None:
    words = ["/bin/sh", "-c", "exec ros2 service call /reload_remote_model std_srvs/srv/Trigger"]
    assert examine(node=Node(reload_command=words))["node"].text.endswith(" ".join(words))


def test_a_setup_file_that_is_gone_is_named(examine: Examine) -> None:
    found = examine(source=Source(setup_files=["/opt/ros/none/setup.bash"]))
    assert "/opt/ros/none/setup.bash" in found["ros"].text


@pytest.mark.parametrize(
    ("file", "remedy"),
    [
        ("/opt/ros/none/setup.bash", "Correct source.setup_files, or install ROS 2 None."),
        ("~/none/install/setup.bash", "build that workspace (colcon build)"),
    ],
)
def test_what_makes_a_setup_file_that_is_gone_is_named(
    file: str, remedy: str, examine: Examine
) -> None:
    assert remedy in examine(source=Source(setup_files=[file]))["ros"].remedy


def test_an_address_that_others_reach_is_found_where_it_stands_in_the_file(
    examine: Examine,
) -> None:
    found = examine(source=Source(kind="tap"), tap=Tap(listen="tcp://0.0.0.0:5555"))["tap"]
    assert found.state == "missing" and "which other machines can reach" in found.text
    assert "tap.network" in found.remedy


def test_ros2_is_looked_for_after_sourcing(examine: Examine, tmp_path: Path) -> None:
    setup = tmp_path / "setup.bash"
    setup.write_text("")
    source = Source(setup_files=[str(setup)])
    assert "no program ros2" in examine(source=source)["ros"].text
    write(tmp_path, "bin/ros2", "#!/bin/sh\n")
    (tmp_path / "bin/ros2").chmod(0o755)
    setup.write_text(f'PATH="{tmp_path}/bin:$PATH"\n')
    assert examine()["ros"].state == "ok"


def versions(path: Path, **found: str) -> Path:
    """A stand-in for the toolkit's Python that says only which versions it has."""
    told = msgspec.json.encode({"python": "3.11", **found}).decode()
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{told}\nEND\n")
    path.chmod(0o755)
    return path


def test_an_environment_with_other_versions_than_the_pins_is_named(
    examine: Examine, tmp_path: Path
) -> None:
    path = versions(tmp_path / "python", **{"rknn-toolkit2": "2.3.2", "onnx": "1.18.0"})
    found = examine(conversion=Conversion(python=str(path)))

    assert found["pins"].state == "missing" and "numpy" in found["pins"].text
    everything = dict.fromkeys(("rknn-toolkit2", "onnx", "numpy", "protobuf"), "2.3.2")
    versions(path, **everything, setuptools="2.3.2", onnxruntime="2.3.2")
    again = examine()["pins"]
    assert again.state == "warning" and "rknn-toolkit2 2.3.2 (pinned 2.5.0)" in again.text


def test_a_python_that_is_not_there_is_the_finding(examine: Examine) -> None:
    found = examine(conversion=Conversion(python="/nowhere/python"))
    assert found["toolkit"].state == "missing" and found["pins"].state == "missing"


@pytest.mark.needs_toolkit
def test_the_toolkit_that_was_installed_is_as_pinned(examine: Examine) -> None:
    found = examine()
    assert found["toolkit"].state == "ok"
    assert found["pins"].state == "ok", found["pins"]


def test_a_configuration_that_cannot_be_read_is_a_finding(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "config.toml").write_text("nonsense\n")
    assert examine()["config"].state == "missing"


def test_this_machine_itself_can_be_examined(examine: Examine) -> None:
    found = examine(Path("/"))
    assert found["python"].state == "ok" and found["disk"].text.endswith("free")
    assert found["permissions"].state == "ok"
