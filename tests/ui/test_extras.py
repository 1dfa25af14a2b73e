"""Own keys, copying, messages, the bell, slow lines, themes, the machine and what to drive next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import messages

from rovertui.errors import OperatorError
from rovertui.keys.own import remapped
from rovertui.keys.table import COMMANDS
from rovertui.snapshot import (
    AdviceView,
    ClusterView,
    CoverageAxisView,
    CoverageView,
    DiskView,
    DriftView,
    HeatView,
    MachineView,
    NpuView,
    RelayView,
    Snapshot,
    WifiView,
)
from rovertui.ui import bell, copying, drive_view, look, machine_view, set_view, words
from rovertui.ui.app import RoverApp
from rovertui.ui.health import health
from rovertui.ui.line_speed import LineSpeed
from rovertui.ui.look import Look
from rovertui.ui.screens.page import PageScreen
from rovertui.ui.state import State
from widgets.rows import Row

from .conftest import opened
from .stand_in import StandIn, busy, empty, job, model


def text(rows: list[Row]) -> str:
    return "\n".join("".join(piece for piece, _ in row) for row in rows)


def state_of(snapshot: Snapshot, **more: Any) -> State:
    return State(snapshot=snapshot, gone="", clock=lambda: 0.0, **more)


def board() -> MachineView:
    return MachineView(
        model="Radxa ROCK 5B",
        clusters=[
            ClusterView(name="Cortex-A55", cores=4, load=0.31, mhz=1800.0, max_mhz=1800.0),
            ClusterView(name="Cortex-A76", cores=4, load=0.95, mhz=1200.0, throttled=True),
        ],
        heat=[HeatView("soc", 84.0, 85.0), HeatView("npu", 61.0)],
        slowed=["thermal-cpufreq-1"],
        memory_total=8_000_000_000,
        memory_free=2_000_000_000,
        disk=DiskView(free=34_000_000_000, total=128_000_000_000, full_in=7200.0),
        wifi=WifiView("wlan0", -71.0, 0.4, weak=True),
        npu=NpuView(present=True, cores=[0.5, 0.0, 0.0], mhz=1000.0, driver="0.9.8"),
        own_cpu=0.12,
        own_memory=91_000_000,
    )


def covered() -> Snapshot:
    snapshot = busy()
    snapshot.coverage = CoverageView(
        count=37,
        score=58.0,
        vendi=21.3,
        gained=6.0,
        groups={"motion": 0.4, "depth": 0.7},
        advice=[
            AdviceView("turn left faster", "over 0.5 rad/s", 0, 3),
            AdviceView("closer to an obstacle", "0.3-0.5 m", 1, 3),
            AdviceView("somewhere dark", "brightness below 40", 0, 3),
        ],
    )
    return snapshot


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"nothing": "z"}, "no such command"),
        ({"copy": "c"}, "would mean 'capture' and 'copy'"),
        ({"copy": "j"}, "never acts"),
        ({"copy": "/"}, "one letter"),
        ({"copy": "ctrl+s"}, "one letter"),
        ({"deploy": "d"}, "capital letter"),
        ({"quit": "Q"}, "stay"),
    ],
)
def test_own_keys_that_cannot_be_are_refused_in_words(table: dict[str, str], said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        remapped(table)


def test_all_keys_that_cannot_be_are_named_at_once() -> None:
    with pytest.raises(OperatorError) as caught:
        remapped({"copy": "j", "deploy": "d", "nothing": "z"})
    for said in ("keys.copy = 'j'", "keys.deploy = 'd'", "keys.nothing = 'z'"):
        assert said in caught.value.message


def test_two_commands_may_change_their_keys_with_each_other() -> None:
    keys = remapped({"capture": "y", "copy": "c"})
    assert (keys["capture"], keys["copy"]) == ("y", "c")
    assert remapped({}) == {command.name: command.key for command in COMMANDS}


async def test_own_keys_work_and_are_what_footer_and_help_show(tmp_path: Path) -> None:
    stand_in = StandIn(empty())
    app = RoverApp(
        stand_in.client, str(tmp_path), looks=Look(keys=remapped({"capture": "y", "copy": "c"}))
    )
    async with opened(daemon=stand_in, app=app) as bench:
        assert "y capture" in bench.line("footer")
        await bench.press("c")
        assert stand_in.done == []
        await bench.press("y")
        assert stand_in.done == [("capture.on", {})]
        await bench.press("question_mark")
        assert " y    Capture" in bench.text()


async def test_y_copies_the_screen_to_clipboard_and_file(tmp_path: Path) -> None:
    (tmp_path / ".rovertui").mkdir()
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, str(tmp_path))
    async with opened(daemon=stand_in, app=app) as bench:
        await bench.press("y")
        assert "clipboard" in bench.line("status")
        copied = (tmp_path / copying.FILE).read_text()
        assert "CAPTURE ON" in copied and "calibration_0049" in copied
        assert app.clipboard.strip() == copied.strip()
        (tmp_path / copying.FILE).unlink()
        (tmp_path / ".rovertui").rmdir()
        await bench.press("y")
        assert "No such directory" in bench.line("status")


async def test_only_the_newest_message_is_shown_and_m_has_the_older_ones() -> None:
    snapshot = busy()
    snapshot.notices = ["The recorder was restarted.", "The [/relay] was taken over."]
    async with opened(snapshot, (120, 40)) as bench:
        assert "The [/relay] was taken over.   (1 older: m)" in bench.line("body")
        assert "restarted" not in bench.line("body")
        await bench.press("m")
        assert isinstance(bench.app.screen, PageScreen)
        await bench.press("escape")
        await bench.press("4")
        assert "MACHINE" in bench.line("header") and "n/a" in bench.line("body")
        await bench.press("colon", *"theme", "enter")
        assert bench.app.theme == look.THEMES["light"]
        await bench.press("L")
        assert "q leave" in bench.line("footer")


def test_the_bell_rings_once_for_what_is_worth_it() -> None:
    before, now = busy(), busy()
    assert not bell.rings(None, now) and not bell.rings(before, now)
    now.capture.state = "complete"
    assert bell.rings(before, now) and not bell.rings(now, now)
    lost = busy()
    lost.stream.state = "stale"
    assert bell.rings(before, lost) and not bell.rings(lost, before)
    before.jobs, ended = [job()], busy()
    ended.jobs = [job("failed")]
    assert bell.rings(before, ended) and not bell.rings(ended, ended)


def test_a_slow_line_is_drawn_less_often_and_a_silent_one_is_not_called_slow() -> None:
    now = [0.0]
    line = LineSpeed(lambda: now[0])
    assert line.ask() and not line.ask()
    now[0] = 30.0
    assert line.pause == 0.0
    line.answered()
    assert line.pause == 2.0
    line.ask()
    now[0] += 0.05
    line.answered()
    assert line.pause == 0.0
    line.ask()
    now[0] += 0.9
    assert line.pause == 1.0


def test_themes_follow_one_another_and_end_where_they_began() -> None:
    name, seen = "dark", []
    for _ in range(4):
        name = look.after(look.THEMES[name])  # type: ignore[index]
        seen.append(name)
    assert seen == ["light", "safe", "16", "dark"]


@pytest.mark.parametrize("theme", ["dark", "light", "safe", "16", "none"])
async def test_every_theme_can_be_drawn(theme: look.ThemeName) -> None:
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, "/w", looks=Look(theme=theme))
    async with opened(daemon=stand_in, app=app) as bench:
        assert "CAPTURE ON" in bench.text()


def test_the_machine_is_shown_with_units_and_what_is_not_known_as_n_a() -> None:
    snapshot = busy()
    assert machine_view.rows(state_of(snapshot), 80, 21)
    absent = text(machine_view.rows(state_of(snapshot), 80, 21))
    assert absent.count("n/a") >= 5 and "none on this machine" in absent
    snapshot.machine = board()
    for width, height in ((40, 9), (80, 21), (120, 37)):
        shown = text(machine_view.rows(state_of(snapshot), width, height))
        assert " 31%" in shown and "84 of 85 C" in shown
    assert "4 x Cortex-A76" in shown and "SLOWED" in shown and "full in 2:00:00" in shown
    assert "-71 dBm  WEAK" in shown and " 12% of one core" in shown and "driver 0.9.8" in shown


def test_what_the_machine_suffers_from_is_in_the_header() -> None:
    snapshot = busy()
    assert health(snapshot, "")[0] == "ok"
    snapshot.machine = board()
    assert health(snapshot, "") == ("WARN", "soc is 84 C: too hot soon")
    snapshot.machine.heat = []
    snapshot.machine.disk = DiskView(free=1_000_000_000, total=64_000_000_000)
    assert health(snapshot, "")[1] == "disk: 1.0 GB free"


def test_the_loss_on_the_way_to_the_v620_is_said_first() -> None:
    snapshot = busy()
    snapshot.relay = RelayView(
        state="up", upstream_state="up", rate=9.8, sent_rate=6.1, lost_share=0.38, age=0.1
    )
    assert health(snapshot, "") == ("WARN", "V620 gets 6.1 of 9.8 frames/s")
    snapshot.machine = board()
    shown = text(drive_view.rows(state_of(snapshot), 80, 21))
    assert "TO V620    6.1/s of   9.8/s" in shown and " 38% lost" in shown
    assert "-71 dBm" in shown


def test_sensors_that_are_not_connected_are_named() -> None:
    snapshot = busy()
    snapshot.stream.dead = ["min_dist (always 10 m)"]
    assert health(snapshot, "")[1] == "not connected: min_dist (always 10 m)"
    assert "NOT CONNECTED: min_dist" in text(drive_view.rows(state_of(snapshot), 80, 21))


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37), (200, 57)])
def test_drive_says_what_to_drive_next_in_capitals(width: int, height: int) -> None:
    rows = drive_view.rows(state_of(covered()), width, height)
    shown = "\n".join(line[:width] for line in text(rows[:height]).split("\n"))
    assert "NEXT ▶1 TURN LEFT FASTER" in shown and " 0 of 3" in shown
    if width >= 80:
        assert "21 really different" in shown and " 58%" in shown and "+6 % in 5 min" in shown
        assert "SOMEWHERE DARK" in shown and "brightness below 40" in shown
        assert len(rows) <= height


def test_frames_that_were_not_kept_are_counted_by_reason() -> None:
    snapshot = covered()
    snapshot.capture.next_in = None
    snapshot.capture.decided = "skipped: like 0049"
    snapshot.capture.skipped = {"depth too late": 4, "like one we have": 114}
    shown = text(drive_view.rows(state_of(snapshot), 120, 37))
    assert "last minute 118 skipped = 114 like one we have + 4 depth too late" in shown


async def test_samples_are_kept_taken_back_labelled_and_advice_put_aside_by_keys() -> None:
    async with opened(covered()) as bench:
        await bench.press("s", "u", "j", "i", "t", *"dusk", "enter", "t", "escape")
        marks = bench.daemon.snapshot.coverage.advice[1].marks
        assert bench.daemon.done == [
            ("sample.keep", {}),
            ("sample.undo", {}),
            ("coverage.unreachable", {"marks": marks}),
            ("session.label", {"label": "dusk"}),
        ]
        assert "Nothing was changed" in bench.line("status")
        await bench.press("3", "i")
        assert "only on screen 1" in bench.line("status")


async def test_what_is_over_the_limits_says_so_where_it_is_asked() -> None:
    snapshot = busy()
    snapshot.models = [model(1240, "int8", within=False, mean=0.09, largest=0.4)]
    async with opened(snapshot, (120, 40)) as bench:
        await bench.press("3", "l", "D")
        shown = " ".join(bench.text().split())
        assert "Deploy 1240 int8, OVER THE LIMITS, to rover1?" in shown and "is recorded" in shown
        await bench.press("n", "x")
        assert "FEW SAMPLES: 37 of 50 wanted" in bench.text()
        await bench.press("n")
        bench.daemon.snapshot.capture.state = "complete"
        await bench.push()
        assert "c stop" in bench.line("footer")


def test_the_two_checks_of_a_shipment_have_names_of_their_own() -> None:
    from rovertui.ui import words

    shipping = job()
    names = [words.stage_name(shipping, index) for index in range(len(shipping.stages))]
    assert names.count("check") == 1 and "may it run" in names


def test_the_set_is_shown_axis_by_axis_with_what_is_not_here_and_what_is_dead() -> None:
    snapshot = covered()
    assert "press c to record" in text(set_view.rows(state_of(snapshot), 0, 80, 21))
    for name in ("pitch", "min_dist"):
        snapshot.coverage.axes.append(
            CoverageAxisView(
                name=name,
                group="motion",
                unit="rad",
                low=-0.3,
                high=0.3,
                scale="linear",
                counts=[9, 1, 0, 0],
                different=[3, 1, 0, 0],
                share=0.58,
                unreachable=[3],
                dead=10.0 if name == "min_dist" else None,
            )
        )
    for width, height in ((40, 9), (80, 21), (200, 57)):
        assert " 58%" in text(set_view.rows(state_of(snapshot), 0, width, height))
    shown = text(set_view.rows(state_of(snapshot), 0, 80, 21))
    assert "████▃▃▃▃    xxxx" in shown and "ALWAYS 10: not connected?" in shown
    assert "pitch" not in text(set_view.rows(state_of(snapshot), 1, 80, 21))


async def test_all_screens_have_their_number() -> None:
    async with opened(covered()) as bench:
        for key, title in zip("1234", ("DRIVE", "SET", "MODELS", "MACHINE"), strict=True):
            await bench.press(key)
            assert bench.line("header").startswith(f" {title} ")


async def test_a_terminal_that_answers_late_is_spared() -> None:
    async with opened() as bench:
        now = [0.0]
        app = bench.app
        app.pace.line = LineSpeed(lambda: now[0])
        for seconds, pause in ((1.0, 1.0), (0.01, 0.0)):
            app.pace.line.ask()
            now[0] += seconds
            app.post_message(messages.TerminalSupportsSynchronizedOutput())
            await bench.pilot.pause()
            assert app.pace.pause == pause and app.state.sparing == (pause > 0)
        assert "Slow line (1.0 s)" in bench.line("status")


def test_drift_is_a_warning_in_the_header_and_a_line_on_the_drive_screen() -> None:
    snapshot = covered()
    snapshot.drift = DriftView(
        frames=200,
        share=0.12,
        changed=["the site is hall, was lawn"],
        text="the site is hall, was lawn: record here and convert again",
    )
    level, why = health(snapshot, "")
    assert level == "WARN" and why == "not as calibrated: the site is hall, was lawn"
    shown = text(drive_view.rows(state_of(snapshot), 80, 21))
    assert "DRIFT" in shown and "record here and convert again" in shown


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37)])
def test_by_diverse_the_goal_is_what_is_covered(width: int, height: int) -> None:
    snapshot = covered()
    capture = snapshot.capture
    capture.goal, capture.check_target, capture.target, capture.kept = 60.0, 30, 50, 51
    capture.checking, capture.lacking = 12, "covered 58 % of the 60 % wanted, 18 more for checking"
    shown = text(drive_view.rows(state_of(snapshot), width, height))
    if width >= 80:
        assert "% covered, goal 60 %" in shown and "REACHED" not in shown
        assert "51 kept (1 over the rule's 50), 21 really different" in shown
        assert "12 of 30 for checking" in shown
    else:
        assert "58% of 60, 51 kept" in shown
        assert " 40% of the goal" in shown and "% complete" not in shown
    snapshot.coverage.score, capture.checking, capture.complete = 61.0, 30, True
    capture.state = "complete"
    shown = text(drive_view.rows(state_of(snapshot), width, height))
    assert "COMPLETE" in shown
    assert words.capture_word(snapshot)[0] == "SET COMPLETE"
    assert words.few_samples(snapshot) == ""
    capture.state = "off"
    if width >= 80:
        assert "SET COMPLETE" in text(drive_view.rows(state_of(snapshot), width, height))
