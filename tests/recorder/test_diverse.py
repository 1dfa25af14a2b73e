"""The rule `diverse`: what it keeps, what it lets go, and that it says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.calibration import marks, sample
from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import cover
from rovertui.calibration.selection import Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.config import Config
from rovertui.recorder import writer
from rovertui.recorder.messages import Capture, Complete, Keep, Removed, Undo
from rovertui.recorder.rule import DiverseRule


def diverse(tools: Any, places: int = 50, **more: Any) -> Any:
    return tools.config(rule="diverse", places=places, check_places=5, **more)


def scene(tools: Any, stamp: float, grey: int, lin: float = 0.1, deep: float = 2.0) -> Any:
    return tools.frame(
        stamp,
        rgb=np.full((6, 8, 3), grey, np.uint8),
        depth=np.full((6, 8), deep, np.float32),
        proprio=np.array([lin, 0.0], np.float32),
    )


def test_a_parked_hour_is_one_sample(session: Any, tools: Any) -> None:
    rng = np.random.default_rng(1)
    session.config = diverse(tools)
    session.store = type(session.store)(
        session.directory, session.config, session.root / ".rovertui", simulated=False
    )
    session.record([scene(tools, 0.1 * i, 100 + int(rng.integers(0, 3))) for i in range(200)])
    assert len(session.kept()) == 1
    assert session.kept()[0].why == "first sample"
    capture = session.numbers()[-1].capture
    assert capture.decided == "skipped: like 0000"
    assert capture.skipped == {"like one we have": 198, "first frame": 1}


def recorded(session: Any, tools: Any, frames: list[Any], **config: Any) -> None:
    session.config = diverse(tools, **config)
    session.store = type(session.store)(
        session.directory, session.config, session.root / ".rovertui", simulated=False
    )
    session.record(frames)


def slowly(tools: Any, greys: list[int]) -> list[Any]:
    """Frames that change by at most a step between neighbours."""
    return [scene(tools, 0.1 * i, grey) for i, grey in enumerate(greys)]


def test_what_is_new_is_kept_and_says_why(session: Any, tools: Any) -> None:
    recorded(session, tools, slowly(tools, [100, 100, 130, 130, 160, 100]))
    assert [kept.why for kept in session.kept()] == [
        "first sample",
        "new extreme of brightness",
        "new extreme of brightness",
    ]
    assert sample.read(session.directory / session.kept()[1].name)[1].why == session.kept()[1].why


def test_a_full_set_stays_full_widens_its_range_and_loses_no_score(
    session: Any, tools: Any
) -> None:
    greys = [60, 80, 100, 120, 100, 140, 160, 180, 200, 220, 200, 180, 90, 70, 50]
    recorded(session, tools, slowly(tools, greys), places=4)
    files = [name for name in session.files() if not name.startswith("check")]
    assert len(files) == 4
    values = [e.verdict.features["brightness"] for e in session.store.entries]
    assert max(values) >= 215
    assert any("in place of" in kept.why for kept in session.kept())
    trash = list((session.root / ".rovertui/trash/samples").glob("*.npz"))
    assert len(trash) == len(session.kept()) - 4
    reasons = [path.with_name(path.name + ".reason").read_text() for path in trash]
    assert all(reason.startswith("replaced by calibration_") for reason in reasons)
    scores = [n.coverage.score for n in session.numbers() if n.coverage is not None]
    assert scores == sorted(scores)


def test_the_set_is_complete_when_it_covers_enough_and_recording_goes_on(
    session: Any, tools: Any
) -> None:
    greys = list(range(20, 231, 15))
    frames = [scene(tools, 0.1 * i, grey) for i, grey in enumerate(greys)]
    recorded(session, tools, frames, goal=1.0, block=0.3, check_every=2, places=3)
    last = session.numbers()[-1].capture
    assert last.complete and last.state == "complete" and last.lacking == ""
    assert "take the place of others" in last.text
    assert len(session.of(Complete)) == 1
    assert last.skipped or len(session.kept()) > 3
    recorded(session, tools, [scene(tools, 0.0, 90)], goal=90.0)
    last = session.numbers()[-1].capture
    assert not last.complete and last.state != "complete"
    assert "of the 90 % wanted" in last.lacking


def test_a_glitch_is_no_sample_and_what_stays_is_one(session: Any, tools: Any) -> None:
    greys = [100, 100, 255, 100, 100, 250, 250]
    recorded(session, tools, slowly(tools, greys))
    assert len(session.kept()) == 2
    kept = [e.verdict.features["brightness"] for e in session.store.entries]
    assert sorted(kept) == [100, 250], "the second bright frame, which the next one agreed with"


def test_a_glitch_at_the_very_beginning_is_no_sample_either(session: Any, tools: Any) -> None:
    recorded(session, tools, slowly(tools, [255, 100, 100, 100]))
    kept = [e.verdict.features["brightness"] for e in session.store.entries]
    assert kept == [100], "nothing was known yet to tell the first frame from a glitch"


def test_one_key_keeps_a_frame_and_one_takes_it_back(session: Any, tools: Any) -> None:
    config = diverse(tools)
    session.config = config
    session.store = type(session.store)(
        session.directory, config, session.root / ".rovertui", simulated=False
    )
    drive = tools.Drive([scene(tools, 0.1 * i, 100) for i in range(4)])
    recorder = session.recorder(drive)
    asked: list[str] = []

    def at_end() -> None:
        if not asked:
            asked.append("keep")
            recorder.command(Keep())
            drive.frames.append(scene(tools, 0.5, 100))
        elif len(session.kept()) == 2 and len(asked) == 1:
            asked.append("undo")
            recorder.command(Undo())
        elif session.of(Removed):
            recorder.stop()

    drive.at_end = at_end
    recorder.command(Capture(on=True, session="s"))
    recorder.run()
    by_hand = session.kept()[1]
    assert (by_hand.why, by_hand.role) == ("by hand", "pinned")
    assert session.of(Removed)[0].name == by_hand.name
    assert session.files() == [session.kept()[0].name]
    assert (session.root / ".rovertui/trash/samples" / by_hand.name).exists()


def test_as_many_can_be_taken_back_as_are_remembered_and_no_more(
    session: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "TAKEN_BACK", 2)
    drive = tools.Drive([tools.frame(10.0 * i) for i in range(4)])
    recorder = session.recorder(drive)

    def at_end() -> None:
        answers = len(session.of(Removed))
        if answers == 3:
            recorder.stop()
        elif len(session.kept()) == 4 and answers == len(asked):
            asked.append(answers)
            recorder.command(Undo())

    asked: list[int] = []
    drive.at_end = at_end
    recorder.command(Capture(on=True, session="s"))
    recorder.run()
    names = [kept.name for kept in session.kept()]
    assert [removed.name for removed in session.of(Removed)] == [names[3], names[2], ""]
    assert session.numbers()[-1].capture.last_name == names[1], "the last that was not taken back"
    assert session.files() == names[:2]


@pytest.mark.parametrize("patience", [60.0, 0.0], ids=["just now", "long ago"])
def test_what_was_kept_by_hand_just_now_is_taken_back_before_what_the_rule_kept_since(
    session: Any, tools: Any, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(writer, "_BY_HAND_FIRST", patience)
    drive = tools.Drive([tools.frame(0.0)])
    recorder = session.recorder(drive)

    def at_end() -> None:
        kept, removed = len(session.kept()), len(session.of(Removed))
        if removed == 2:
            recorder.stop()
        elif kept == 1 and not asked:
            asked.append("keep")
            recorder.command(Keep())
            drive.frames.append(tools.frame(1.0))
        elif kept == 2 and len(asked) == 1:
            asked.append("drive on")
            drive.frames.append(tools.frame(30.0))
        elif kept == 3 and len(asked) == removed + 2:
            asked.append("undo")
            recorder.command(Undo())

    asked: list[str] = []
    drive.at_end = at_end
    recorder.command(Capture(on=True, session="s"))
    recorder.run()
    first, by_hand, later = (kept.name for kept in session.kept())
    expected = [by_hand, later] if patience else [later, by_hand]
    assert [removed.name for removed in session.of(Removed)] == expected
    assert session.files() == [first]


def test_taking_back_brings_back_what_was_replaced(session: Any, tools: Any) -> None:
    recorded(session, tools, slowly(tools, [60, 80, 100, 120]), places=3)
    before = session.files()
    session.messages.clear()
    drive = tools.Drive(slowly(tools, [130, 140]))
    recorder = session.recorder(drive)
    asked: list[int] = []

    def at_end() -> None:
        if len(asked) < len(session.kept()):
            asked.append(1)
            recorder.command(Undo())
        elif len(session.of(Removed)) == len(asked):
            recorder.stop()

    drive.at_end = at_end
    recorder.command(Capture(on=True, session="s2"))
    recorder.run()
    assert session.kept(), "something was replaced"
    assert session.files() == before


def member(key: str, grey: float, *, fixed: bool = False) -> Member:
    return Member(key, {"brightness": grey}, "s", fixed)


def test_what_is_pinned_or_came_from_elsewhere_is_never_replaced(tools: Any) -> None:
    schema = tools.config().schema
    full = Selection(Space(schema), Plan(schema), 3)
    for number, grey in enumerate([10.0, 11.0, 12.0]):
        full.add(member(f"calibration_000{number}.npz", grey, fixed=True))
    decision = full.decide({"brightness": 250.0}, "s")
    assert (decision.keep, decision.why) == (False, "nothing may be replaced")


def test_imported_samples_are_known_by_their_marks(tools: Any, session: Any) -> None:
    recorded(session, tools, slowly(tools, [60, 60, 80, 100]), places=3)
    kept = session.root / ".rovertui"
    names = [kept.name for kept in session.kept()]
    told = marks.imported(kept, names)
    rule = DiverseRule(session.config)
    rule.sync(session.store.good(), told.imported)
    bright = {**session.store.entries[0].verdict.features, "brightness": 150.0}
    rule.decide(0.0, bright, "s", "calibration")
    assert rule.decide(0.1, bright, "s", "calibration").why == "nothing may be replaced"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 255), st.floats(-0.2, 0.2)), min_size=12, max_size=40))
def test_no_sequence_of_decisions_lowers_the_score_or_passes_the_bound(
    drive: list[tuple[float, float]],
) -> None:
    schema = Config().schema
    space, plan = Space(schema), Plan(schema)
    chosen = Selection(space, plan, 6)
    members: dict[str, dict[str, float]] = {}
    score = 0.0
    for number, (grey, lin) in enumerate(drive):
        features = {"brightness": grey, "proprio.lin_vel": lin, "nearest": 1 + grey / 100}
        decision = chosen.decide(features, "s")
        if not decision.keep:
            continue
        if decision.replaces:
            chosen.remove(decision.replaces)
            del members[decision.replaces]
        key = f"calibration_{number:04d}.npz"
        chosen.add(Member(key, features, "s"))
        members[key] = features
        now = cover(plan, space, list(members.values()), ["s"] * len(members)).score
        assert now >= score - 1e-9
        assert len(chosen) == len(members) <= 6
        score = now


def test_after_a_pause_nothing_is_a_jump(tools: Any) -> None:
    steady = Steady(Space(tools.config().schema))
    assert steady.jumped(0.0, {"brightness": 10.0}) == ""
    assert steady.jumped(0.1, {"brightness": 200.0}) == "brightness"
    assert steady.jumped(0.2, {"brightness": 201.0}) == ""
    assert steady.jumped(60.0, {"brightness": 10.0}) == ""
