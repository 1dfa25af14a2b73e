"""The first start: it leads through, writes config.toml, can be left and gone on with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from rovertui import checkout, config_edit, config_file
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.snapshot import RelayView, ServerView, Snapshot
from rovertui.ui import guide, guide_mark, guide_view
from rovertui.ui.app import RoverApp
from rovertui.ui.screens.guide import GuideScreen
from rovertui.ui.state import State

from .conftest import Bench, opened
from .scenes import busy, checkpoint, empty
from .stand_in import StandIn, StandInClient


class Writing(StandIn):
    """A stand-in that writes settings as the daemon does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(template())
        self.folder = folder

    def client(self) -> StandInClient:
        return WritingClient(self)


class WritingClient(StandInClient):
    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        reply = await super().do(operation, **params)
        if operation == "config.set":
            assert isinstance(self._daemon, Writing)
            config_edit.write(self._daemon.folder / "config.toml", params["settings"])
        return reply


def template() -> Snapshot:
    """What a daemon says of a workspace in which nothing is set."""
    snapshot = empty()
    snapshot.simulated = False
    snapshot.stream.state = "none"
    snapshot.server = ServerView(state="unset", text="No training server is set (v620.host).")
    return snapshot


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that was just made, in a home without a checkout."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    place = tmp_path / "work"
    (place / ".rovertui").mkdir(parents=True)
    config_file.create(place / "config.toml")
    return place


def make_checkout(place: Path) -> Path:
    (place / "install").mkdir(parents=True)
    (place / "install/setup.bash").touch()
    (place / checkout.SCRIPT).touch()
    return place


@asynccontextmanager
async def guided(folder: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Bench]:
    stand_in = Writing(folder)
    app = RoverApp(stand_in.client, str(folder), guided=True)
    async with opened(daemon=stand_in, app=app, size=size) as bench:
        await bench.until(lambda: isinstance(app.screen, GuideScreen), "the guide")
        await bench.until(lambda: "SET UP" in bench.text(), "its first step")
        yield bench


def shown(bench: Bench) -> str:
    return " ".join(bench.text().split())


async def typed(bench: Bench, text: str) -> None:
    line = bench.app.screen.focused
    assert isinstance(line, Input)
    line.value = text
    await bench.press("enter")


async def test_it_leads_from_nothing_to_a_written_configuration(folder: Path) -> None:
    place = make_checkout(folder.parent / "home/Documents/ros2-rover")
    path = folder / "config.toml"
    path.write_text(path.read_text() + "\n# mine\n")
    async with guided(folder) as bench:
        line = bench.app.screen.focused
        assert isinstance(line, Input) and line.value == str(place)
        await bench.press("enter")
        await bench.until(lambda: "sourced before" in bench.text(), "the checkout")
        assert "install/setup.bash" in shown(bench)
        await bench.press("enter")
        assert "WHERE FRAMES COME FROM" in bench.text()
        await bench.press("enter")
        command = "./start_remote_training_collection.sh tcp://127.0.0.1:5555"
        await bench.until(lambda: command in shown(bench), "the one changed command")
        assert "the relay starts" in bench.text()
        bench.daemon.snapshot.relay = RelayView(state="up", listen="tcp://127.0.0.1:5555")
        await bench.push()
        assert "waiting for packets at tcp://127.0.0.1:5555" in shown(bench)
        bench.daemon.snapshot.relay.received, bench.daemon.snapshot.relay.rate = 12, 9.8
        await bench.push()
        assert "PACKETS COME: 9.8 a second, 12 so far." in shown(bench)
        await bench.press("enter")
        assert "THE TRAINING SERVER" in bench.text()
        for text in ("v620:2222", "op", "~/.ssh/rover", "train/checkpoints", ""):
            await typed(bench, text)
        await bench.until(lambda: "connecting to" in bench.text(), "the attempt")
        bench.daemon.snapshot.server = ServerView(
            state="down", name="v620", text="v620 refuses the key [/x]."
        )
        await bench.push()
        assert "v620 refuses the key [/x]." in shown(bench)
        await bench.press("r")
        assert bench.daemon.done[-1] == ("server.list", {})
        bench.daemon.snapshot.server = ServerView(
            state="up", name="v620", checkpoints=[checkpoint(1250)]
        )
        await bench.push()
        assert "v620 answers: 1 checkpoints, the newest ppo_v620_update_1250." in shown(bench)
        await bench.press("enter")
        assert "SET UP 4/4" in bench.text() and "c records" in shown(bench)
        await bench.press("enter")
        assert not isinstance(bench.app.screen, GuideScreen)
    config = config_file.load(path)
    assert config.source.kind == "tap"
    assert config.source.setup_files == [f"{place}/install/setup.bash"]
    assert config.node.reload_command[:2] == ["bash", "-c"]
    assert (config.v620.host, config.v620.port, config.v620.user) == ("v620", 2222, "op")
    assert (config.v620.key_file, config.v620.directory) == ("~/.ssh/rover", "train/checkpoints")
    assert config.tap.upstream == "tcp://v620:5555"
    assert path.read_text().endswith("\n# mine\n")
    assert path.read_text().count("#") == config_file.render(Config()).count("#") + 1


async def test_it_is_left_and_gone_on_with_and_does_not_come_by_itself_again(folder: Path) -> None:
    assert guide_mark.is_wanted(folder, template())
    async with guided(folder) as bench:
        await bench.press("f3", "6", "enter")
        await bench.until(lambda: "No source:" in bench.text(), "the choice")
        await bench.press("enter", "escape")
        assert not isinstance(bench.app.screen, GuideScreen)
        assert ": Set up goes on with it." in bench.line("status")
        assert not guide_mark.is_wanted(folder, template())
        await bench.press("colon", *"set up", "enter")
        assert "THE TRAINING SERVER" in bench.text()
        await bench.press("f2")
        assert "WHERE FRAMES COME FROM" in bench.text()
    assert bench.daemon.done == []


@pytest.mark.parametrize("what", ["a source", "a server", "a model", "samples", "a simulation"])
def test_where_something_is_set_or_here_it_does_not_come(folder: Path, what: str) -> None:
    snapshot = template()
    if what == "a source":
        snapshot.stream.state = "starting"
    elif what == "a server":
        snapshot.server.state = "down"
    elif what == "a model":
        snapshot.models = busy().models
    elif what == "samples":
        snapshot.capture.kept = 1
    else:
        snapshot.simulated = True
    assert not guide_mark.is_wanted(folder, snapshot)


async def test_what_is_not_the_checkout_is_said_and_can_be_typed_again(folder: Path) -> None:
    async with guided(folder) as bench:
        await typed(bench, str(folder / "nowhere"))
        assert "no such directory" in shown(bench)
        await typed(bench, str(folder))
        assert "this is not the checkout" in shown(bench)
        await typed(bench, "")
        assert "WHERE FRAMES COME FROM" in bench.text()


def test_files_of_a_collector_nobody_has_named_are_offered_as_such(folder: Path) -> None:
    begun = guide.Guide(folder, "source")
    state = State(snapshot=template(), gone="", clock=lambda: 0.0)

    def offered() -> str:
        rows = guide_view.rows(begun, state, 100, 40)
        lines = ["".join(text for text, _ in row) for row in rows]
        return next(line for line in lines if " directory " in line)

    assert offered().endswith("; f2 first: name the checkout")
    begun.checkout = checkout.check(str(make_checkout(folder / "ros2-rover")))
    assert offered().endswith("the files the collector saves")


async def test_our_samples_never_lie_where_the_collector_empties_its_own(folder: Path) -> None:
    make_checkout(folder)
    async with guided(folder) as bench:
        await bench.press("enter")
        await bench.until(lambda: "Our samples go to" in shown(bench), "the other directory")
    assert config_file.load(folder / "config.toml").capture.directory != "calibration_data"


async def test_what_the_daemon_refuses_and_its_absence_are_said_where_one_types(
    folder: Path,
) -> None:
    async with guided(folder) as bench:
        await bench.press("f3")
        bench.daemon.failure = OperatorError("Job 3 runs.", hint="Wait for it.")
        await bench.press("enter")
        await bench.until(lambda: "Job 3 runs. Wait for it." in shown(bench), "the refusal")
        bench.daemon.failure = None
        assert isinstance(bench.app.screen, GuideScreen)
        bench.app.screen.patience = 0.0
        bench.daemon.drop()
        await bench.until(lambda: bool(bench.app.state.gone), "its absence")
        await bench.press("enter")
        await bench.until(lambda: "Nothing was written" in shown(bench), "what came of it")
    assert config_file.load(folder / "config.toml") == Config()


async def test_a_configuration_that_cannot_be_used_is_said_in_the_guide(folder: Path) -> None:
    async with guided(folder) as bench:
        (folder / "config.toml").write_text('[source]\nkind = "tab"\n')
        await bench.press("f3", "enter")
        await bench.until(lambda: "source.kind" in shown(bench), "the sentence")
        await bench.press("escape")
        assert not isinstance(bench.app.screen, GuideScreen)


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (200, 60)])
async def test_every_step_fits_and_has_its_lines_to_type_into_in_sight(
    folder: Path, size: tuple[int, int]
) -> None:
    async with guided(folder, size) as bench:
        for step in guide.STEPS:
            assert bench.app.screen.guide.step == step  # type: ignore[attr-defined]
            lines = [line for line in bench.app.screen.query(Input) if line.display]
            assert len(lines) == len(bench.app.screen.guide.fields())  # type: ignore[attr-defined]
            if size[1] >= 12:
                for line in lines:
                    assert line.region.height == 1 and line.region.bottom <= size[1]
            await bench.press("f3" if step != "done" else "enter")
        assert not isinstance(bench.app.screen, GuideScreen)
