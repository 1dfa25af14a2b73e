"""The command line: words and JSON, statuses as documented, never a traceback."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from rovertui import config_file
from rovertui.catalogue import OPERATIONS
from rovertui.cli import _Lazy, cli, doing
from rovertui.config import V620, Capture, Config, Source
from rovertui.deployment import activate
from tests.calling import rovertui
from tests.deployment.parts import place_in, put_model
from tests.ui import scenes


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("workspace")
    config = Config(
        source=Source(kind="simulated", speed=20.0),
        capture=Capture(rule="interval", interval=5.0, count=500),
    )
    config_file.create(root / "config.toml", config)
    yield root
    rovertui("daemon", "stop", cwd=root)


def test_init_writes_a_documented_workspace_and_never_twice(tmp_path: Path) -> None:
    assert rovertui("init", "rover", cwd=tmp_path).returncode == 0
    assert "# What this rover is called" in (tmp_path / "rover/config.toml").read_text()
    again = rovertui("init", "rover", cwd=tmp_path)
    assert again.returncode == 1
    assert "already exists" in again.stderr


def test_outside_a_workspace_it_says_what_to_do(tmp_path: Path) -> None:
    done = rovertui("status", cwd=tmp_path)
    assert done.returncode == 1
    assert "config.toml" in done.stderr
    assert "rovertui init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_is_no_workspace_is_called_so(tmp_path: Path) -> None:
    done = rovertui("-w", str(tmp_path / "none"), "status", cwd=tmp_path)
    assert done.returncode == 1
    assert "is no workspace" in done.stderr and "rovertui init" in done.stderr


def test_without_a_terminal_the_screen_is_not_drawn(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config(source=Source(kind="simulated")))
    done = rovertui(cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert "needs a terminal" in done.stderr
    assert not (tmp_path / ".rovertui").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statuss"], "Did you mean 'status'?"),
        (["demo", "-w", "x"], "It goes before the command"),
        (["status", "--ascii"], "It goes before the command"),
    ],
)
def test_wrong_words_are_told_the_right_ones(tmp_path: Path, words: list[str], said: str) -> None:
    done = rovertui(*words, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr


def test_status_starts_nothing_and_says_how_to(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config(source=Source(kind="simulated")))
    for words in (["status"], ["status", "--json"]):
        done = rovertui(*words, cwd=tmp_path)
        assert done.returncode == 4 and done.stdout == ""
        assert "No daemon runs in" in done.stderr and "status --start" in done.stderr
    assert not (tmp_path / ".rovertui").exists()
    try:
        assert "rover" in rovertui("status", "--start", cwd=tmp_path).stdout
        assert rovertui("status", cwd=tmp_path).returncode == 0
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)


def test_capture_right_after_the_start_tells_what_is_on_the_disk(tmp_path: Path) -> None:
    """The command starts the daemon, and the daemon a recorder that has to look first."""
    config = Config(source=Source(kind="simulated"), capture=Capture(rule="interval", count=7))
    config_file.create(tmp_path / "config.toml", config)
    try:
        done = rovertui("capture", "on", cwd=tmp_path)
        assert done.returncode == 0
        assert " of 7 kept, " in done.stdout
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)


def test_without_a_tap_the_relay_says_what_it_would_be_for(place: Path) -> None:
    done = rovertui("relay", cwd=place)
    assert done.stdout.startswith("none: ")
    assert 'the source is "simulated"' in done.stdout and "source.kind" in done.stdout


def test_capture_and_status_in_words_and_json(place: Path) -> None:
    assert rovertui("capture", "on", "--session", "test", cwd=place).returncode == 0
    assert "on" in rovertui("status", cwd=place).stdout
    found = json.loads(rovertui("status", "--json", cwd=place).stdout)
    assert found["capture"]["wanted"] is True
    assert found["simulated"] is True
    assert json.loads(rovertui("capture", "off", "--json", cwd=place).stdout)["capture"] == "off"


def test_asking_for_what_is_so_already_succeeds(place: Path) -> None:
    for words, said in (
        (["capture", "on"], "Capture on"),
        (["capture", "off"], "Capture off"),
        (["drive", "park"], "It stands still."),
        (["drive", "go"], "It goes on."),
    ):
        for _ in range(2):
            done = rovertui(*words, cwd=place)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(said)


def test_where_nothing_is_set_up_status_says_what_to_do_first(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config())
    try:
        said = rovertui("status", "--start", cwd=tmp_path).stdout
        assert "of 0 kept" not in said
        for name in ("capture", "V620"):
            row = next(line for line in said.splitlines() if line.startswith(name))
            assert "`rovertui init` sets" in row
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)


def test_models_lists_nothing_in_words(place: Path) -> None:
    done = rovertui("models", cwd=place)
    assert done.returncode == 0
    assert "nothing yet" in done.stdout
    assert json.loads(rovertui("models", "--json", cwd=place).stdout)["models"] == []


def test_a_list_that_the_v620_has_not_sent_yet_is_not_shown_as_empty(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host, port = silent.getsockname()
        config_file.create(tmp_path / "config.toml", Config(v620=V620(host=host, port=port)))
        try:
            done = rovertui("models", cwd=tmp_path)
        finally:
            rovertui("daemon", "stop", cwd=tmp_path)
    assert done.returncode == 0
    first = done.stdout.splitlines()[0]
    assert first == "On the V620: not known yet (connecting); `rovertui models` again shows it."


def test_a_refusal_is_one_sentence_and_status_1(place: Path) -> None:
    for words in (["pull"], ["rollback", "--yes"], ["convert", "nothing"]):
        done = rovertui(*words, cwd=place)
        assert done.returncode == 1, words
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_a_wrong_name_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    rovertui("init", str(tmp_path), cwd=tmp_path)
    place = place_in(tmp_path)
    for name in ("a_50", "b_50", "a_60"):
        activate.deploy(place, put_model(place.models, name), motion="still")
    for words, said in (
        (["deploy", "9999"], "no converted model 9999"),
        (["deploy", "50"], "means several models"),
        (["rollback", "--to", "9999"], "No model '9999' is kept"),
        (["deploy", "9999", "--to", "nowhere"], "There is no rover 'nowhere'"),
        (["ship", "9999", "--to", "nowhere"], "There is no rover 'nowhere'"),
    ):
        done = rovertui(*words, cwd=tmp_path)
        assert done.returncode == 1 and said in done.stderr, words
        assert "Go on?" not in done.stderr
    asked = rovertui("deploy", "60", cwd=tmp_path)
    assert asked.returncode == 2 and "Deploy a_60_int8." in asked.stderr
    asked = rovertui("rollback", cwd=tmp_path)
    assert asked.returncode == 2 and "Roll back to b_50_int8." in asked.stderr


def test_what_is_known_of_a_model_is_said_before_it_is_put_into_service() -> None:
    snapshot = scenes.busy()
    snapshot.stream.motion = "moving"
    hybrid, int8 = (
        next(m for m in snapshot.models if m.name == f"ppo_v620_update_1240_{rung}")
        for rung in ("hybrid", "int8")
    )
    hybrid.live, hybrid.earlier_live = False, True
    said = doing.to_be_deployed(snapshot, hybrid.name, "")
    assert said.startswith(f"Deploy {hybrid.name} to rover1.\nAn earlier build of it is LIVE.\n")
    assert "Off by 0.0041 mean, 0.031 at most" in said and "THE ROVER IS MOVING" in said
    assert "IT IS OVER THE LIMITS" in doing.to_be_deployed(snapshot, int8.name, "")
    elsewhere = doing.to_be_deployed(snapshot, hybrid.name, "rover2")
    assert "to rover2." in elsewhere and "MOVING" not in elsewhere
    assert doing.to_be_deployed(snapshot, "", "").startswith("Deploy ppo_v620_update_")


def test_a_whole_session_is_trashed_only_when_that_was_meant(place: Path) -> None:
    (place / "calibration_data").mkdir(exist_ok=True)
    refused = rovertui("dataset", "trash", "nobody-s", cwd=place)
    assert refused.returncode == 2
    assert "Trash session nobody-s, 0 samples." in refused.stderr and "--yes" in refused.stderr
    done = rovertui("dataset", "trash", "nobody-s", "--yes", cwd=place)
    assert done.returncode == 1 and "There is no sample of session 'nobody-s'" in done.stderr


def test_what_changes_the_wheels_asks_and_nobody_there_means_no(place: Path) -> None:
    done = rovertui("ship", cwd=place)
    assert done.returncode == 2
    assert "--yes" in done.stderr


@pytest.mark.parametrize("words", [(), ("demo",)])
def test_without_a_terminal_the_screen_is_refused_in_words(
    place: Path, words: tuple[str, ...]
) -> None:
    done = rovertui(*words, cwd=place)
    assert done.returncode == 1
    assert "needs a terminal" in done.stderr and "status --json" in done.stderr


def test_wrong_usage_is_status_2(place: Path) -> None:
    assert rovertui("capture", "maybe", cwd=place).returncode == 2
    assert rovertui("nonsense", cwd=place).returncode == 2


def test_dataset_report_reads_any_directory(place: Path, tmp_path: Path) -> None:
    (tmp_path / "calibration_0000.npz").write_bytes(b"PK not a zip")
    found = json.loads(rovertui("dataset", "report", str(tmp_path), "--json", cwd=place).stdout)
    assert found["count"] == 0
    assert [bad["file"] for bad in found["bad"]] == ["calibration_0000.npz"]
    words = rovertui("dataset", "report", str(tmp_path), cwd=place).stdout
    assert "\n  schema rgbd6\n" in words
    assert "of 0 to 255: no samples" in words and "[0" not in words
    missing = rovertui("dataset", "report", str(tmp_path / "none"), cwd=place)
    assert missing.returncode == 1


def test_doctor_names_each_remedy(place: Path) -> None:
    done = rovertui("doctor", "--json", cwd=place)
    assert done.returncode == 1, "what is missing is a failure for scripts"
    findings = json.loads(done.stdout)
    by_name = {finding["name"]: finding for finding in findings}
    assert by_name["v620"]["state"] == "n/a", "it is not configured"
    assert by_name["v620"]["remedy"]
    commands = by_name["inputs"]["remedy"].split(" or ")
    assert commands == [f"rovertui decide depth.net_scale {value}" for value in ("1", "1/6")]
    order = [finding["state"] for finding in findings]
    assert order == sorted(order, key=["missing", "warning", "ok", "n/a"].index)
    assert all(finding["remedy"] for finding in findings if finding["state"] == "missing")
    assert by_name["inputs"]["state"] == "missing"
    assert by_name["python"]["state"] == "ok"


def test_a_key_that_cannot_be_is_not_written_and_doctor_names_one_that_was(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config(keys={"copy": "Y"}))
    before = (tmp_path / "config.toml").read_text()
    try:
        done = rovertui("configure", "keys.copy=j", "keys.deploy=d", cwd=tmp_path)
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)
    assert done.returncode == 1
    assert "keys.copy = 'j'" in done.stderr and "keys.deploy = 'd'" in done.stderr
    assert (tmp_path / "config.toml").read_text() == before
    (tmp_path / "config.toml").write_text(before.replace('= "Y"\n', '= "j"\n'))
    said = rovertui("doctor", "--json", cwd=tmp_path).stdout
    found = {one["name"]: one for one in json.loads(said)}
    assert found["config"]["state"] == "missing" and "'j'" in found["config"]["text"]
    assert "disk" in found, "the other looks are taken all the same"


@pytest.mark.parametrize(
    "words", [["init", "file/x", "--no-guide"], ["-w", "file/x", "demo", "--headless"]]
)
def test_what_the_disk_refuses_is_named(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("")
    done = rovertui(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert "file/x" in done.stderr and "not a directory" in done.stderr
    assert "unforeseen" not in done.stderr


def test_the_daemon_s_log_is_json_too(place: Path) -> None:
    rovertui("status", "--start", cwd=place)
    lines = json.loads(rovertui("log", "--daemon", "--json", cwd=place).stdout)
    assert any(f"serving {place}" in line["text"] for line in lines)
    assert {line["file"] for line in lines} <= {"daemon.log", "rovertui.log"}


def test_stopping_where_no_daemon_runs_is_no_failure(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config())
    done = rovertui("daemon", "stop", cwd=tmp_path)
    assert done.returncode == 0
    assert "No daemon" in done.stdout


def test_help_names_every_command_and_the_statuses(place: Path) -> None:
    shown = rovertui("--help", cwd=place).stdout
    for name in _Lazy.places:
        assert name in shown
    assert "Exit status" in shown


def test_every_operation_has_a_command(place: Path) -> None:
    commands = {
        "capture.on": "capture",
        "capture.off": "capture",
        "capture.check": "capture",
        "sample.keep": "dataset",
        "sample.undo": "dataset",
        "sample.trash": "dataset",
        "sample.restore": "dataset",
        "session.label": "dataset",
        "session.trash": "dataset",
        "session.restore": "dataset",
        "dataset.import": "dataset",
        "coverage.unreachable": "dataset",
        "coverage.reachable": "dataset",
        "drive.park": "drive",
        "drive.go": "drive",
        "server.list": "models",
        "server.seen": "models",
        "relay.start": "relay",
        "config.set": "configure",
        "relay.stop": "relay",
        "toolkit.install": "toolkit",
        "daemon.stop": "daemon",
    }
    for operation in OPERATIONS:
        assert commands.get(operation.id, operation.id) in _Lazy.places, operation.id


def every_command() -> Iterator[tuple[click.Context, click.Command]]:
    open_ones = [click.Context(cli, info_name="rovertui")]
    while open_ones:
        context = open_ones.pop()
        command = context.command
        yield context, command
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                open_ones.append(click.Context(below, context, name))


def test_help_says_what_every_command_and_each_of_its_words_is() -> None:
    for context, command in every_command():
        assert command.help, context.command_path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{context.command_path} {parameter.opts}"
            elif not isinstance(parameter.type, click.Choice):
                shown = parameter.make_metavar(context).strip("[].")
                named = set(re.findall(r"[A-Z]+", shown))
                assert named & set(re.findall(r"[A-Z]+", command.help)), context.command_path


def test_settings_are_written_and_answered_although_the_daemon_begins_anew(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config())
    try:
        for speed in ("2.0", "3.0", "4.0"):
            done = rovertui("configure", f"source.speed={speed}", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            assert "source.speed written" in done.stdout
            assert rovertui("status", cwd=tmp_path).returncode == 0
        assert "speed = 4.0" in (tmp_path / "config.toml").read_text()
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)
