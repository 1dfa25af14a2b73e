"""Its configuration: read once, noticed when it is edited, and written when it is asked to."""

from __future__ import annotations

import asyncio

import pytest

from rovertui.daemon import launch
from rovertui.errors import OperatorError
from tests.daemon.rig import Rig
from tests.waiting import until


def test_a_broken_configuration_keeps_it_from_starting_in_words(rig: Rig) -> None:
    with rig.workspace.config_path.open("a") as stream:
        stream.write("\n[rover]\nname = 3\n")

    async def connect() -> None:
        await launch.connected(rig.workspace)

    with pytest.raises(OperatorError, match=r"config\.toml"):
        asyncio.run(connect())


def test_an_edited_configuration_is_noticed_with_what_to_do(rig: Rig) -> None:
    rig.start()
    with rig.workspace.config_path.open("a") as stream:
        stream.write("\n# a remark\n")
    rig.until(lambda s: any("takes effect after" in notice for notice in s.notices))
    with rig.workspace.config_path.open("a") as stream:
        stream.write("nonsense\n")
    rig.until(lambda s: any("cannot be used" in notice for notice in s.notices))


def test_keys_that_the_next_screen_would_refuse_are_named_by_its_doctor(rig: Rig) -> None:
    rig.start()
    path = rig.workspace.config_path
    path.write_text(path.read_text().replace("[keys]\n", '[keys]\ncopy = "c"\n'))
    found = rig.ask(lambda client: client.look("doctor"))["findings"]
    (config,) = (each for each in found if each["name"] == "config")
    assert config["state"] == "missing" and config["remedy"]
    assert "'c' would mean 'capture' and 'copy'" in config["text"]


def test_settings_are_written_and_taken_into_use_by_the_same_process(rig: Rig) -> None:
    process = rig.start()
    path = rig.workspace.config_path
    path.write_text(path.read_text() + "\n# mine\n")
    rig.do("config.set", settings={"rover.name": "seven"})

    def taken() -> bool:
        try:
            return rig.snapshot().rover == "seven"
        except ConnectionError:  # between the one and the other
            return False

    until(taken)
    assert process.poll() is None and not rig.workspace.stopped.exists()
    assert path.read_text().endswith("# mine\n")


def test_settings_that_are_not_allowed_change_nothing(rig: Rig) -> None:
    rig.start()
    before = rig.workspace.config_path.read_bytes()
    open_to_all = {"tap.listen": "tcp://0.0.0.0:5555"}
    for wrong in (
        {"source.kind": "tab"},
        {"v620.nothing": 1},
        {},
        {"rover.name": {"a": 1}},
        open_to_all,
    ):
        with pytest.raises(OperatorError):
            rig.do("config.set", settings=wrong)
    assert rig.workspace.config_path.read_bytes() == before
    assert rig.answers()
