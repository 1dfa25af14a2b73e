"""What happened is told once, with its time, and can be read again, also after the daemon ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.client import Client
from rovertui.daemon.happenings import Happenings
from rovertui.daemon.messages import Messages
from rovertui.errors import OperatorError
from rovertui.snapshot import (
    CaptureView,
    JobView,
    LiveView,
    MessageView,
    QuestionView,
    ServerView,
    Snapshot,
    StreamView,
    ToolkitView,
)
from tests.daemon.rig import Rig
from tests.waiting import until


def snapshot(**parts: Any) -> Snapshot:
    values: dict[str, Any] = {
        "version": "0",
        "sequence": 1,
        "clock": 100.0,
        "rover": "rover1",
        "workspace": "/w",
        "simulated": True,
        "capture": CaptureView(),
        "stream": StreamView(state="live"),
        "axes": [],
        "server": ServerView(state="up"),
        "models": [],
        "live": LiveView(),
        "jobs": [],
        "toolkit": ToolkitView(),
        "questions": [],
        "refusals": {},
    }
    return Snapshot(**{**values, **parts})


def told(*snapshots: Snapshot) -> list[str]:
    """What the last of ``snapshots`` tells after the others."""
    happenings = Happenings()
    for each in snapshots[:-1]:
        happenings.look(each)
    return [text for _, text in happenings.look(snapshots[-1])]


def job(number: int, state: Any, **more: Any) -> JobView:
    return JobView(id=number, kind="ship", title="ship 1260", state=state, **more)


def stream(state: Any, text: str = "") -> StreamView:
    return StreamView(state=state, text=text)


def test_the_first_look_tells_nothing_of_what_was_before() -> None:
    old = [job(1, "done"), job(2, "failed")]
    live = LiveView(state="seen", name="a_hybrid")
    assert told(snapshot(jobs=old, live=live)) == []
    assert told(snapshot(jobs=old, live=live), snapshot(jobs=old, live=live)) == []


def test_lost_sensors_are_told_once_and_so_is_their_return() -> None:
    lost = snapshot(stream=stream("down", "no frames for 3 s"))
    assert told(snapshot(), lost) == ["Sensors lost: no frames for 3 s"]
    assert told(snapshot(), lost, lost) == []
    starting = snapshot(stream=stream("starting"), clock=104.0)
    back = snapshot(clock=112.0)
    assert told(snapshot(), lost, starting) == []
    assert told(snapshot(), lost, starting, back) == ["Sensors are back after 12 s."]


@pytest.mark.parametrize("silence", ["stale", "down"])
def test_the_first_frames_after_a_silence_from_the_start_are_not_back(silence: str) -> None:
    silent = snapshot(stream=stream(silence, "no frames for 90 s"))
    starting, live = snapshot(stream=stream("starting")), snapshot()
    assert told(starting, silent, live) == told(silent, live) == []
    again = snapshot(clock=112.0)
    assert told(starting, silent, live, silent, again) == ["Sensors are back after 12 s."]


def test_the_v620_is_told_when_it_goes_and_comes_and_not_between() -> None:
    down = snapshot(server=ServerView(state="down", text="no answer"))
    asking = snapshot(server=ServerView(state="connecting"))
    assert told(snapshot(), down) == ["The V620 cannot be reached: no answer"]
    assert told(snapshot(), down, asking, down) == []
    assert told(snapshot(), down, asking, snapshot()) == ["The V620 is reached again."]


def test_each_end_of_a_job_is_told_also_of_one_that_was_never_seen_running() -> None:
    running = snapshot(jobs=[job(7, "running")])
    ended = snapshot(jobs=[job(7, "done", text="1260 is live, seen.", warnings=1)])
    said = told(running, ended)
    assert said == ["Job 7, ship 1260: done. 1260 is live, seen. (1 warning: log of job 7)"]
    assert told(snapshot(), snapshot(jobs=[job(1, "failed", text="No disk.")])) == [
        "Job 1, ship 1260: FAILED. No disk."
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"capture": CaptureView(state="stalled", text="disk full")}, "Capture stalled: disk full"),
        (
            {
                "capture": CaptureView(state="stalled", text="no frames arrive"),
                "stream": StreamView(state="starting", reasons=["it is off", "another"]),
            },
            "Capture stalled: no frames arrive: perhaps it is off",
        ),
        (
            {"capture": CaptureView(state="complete", kept=50, target=50)},
            "The set is complete: 50 samples, 0 for checking.",
        ),
        ({"live": LiveView(state="seen", name="b_int8", text="ten")}, "b_int8: live, seen. ten"),
        ({"live": LiveView(state="none")}, ""),
        (
            {"questions": [QuestionView(id=1, kind="choice", text="Metres?")]},
            "A question is open: Metres?",
        ),
        (
            {"stream": StreamView(state="live", dead=["min_dist (always 10 m)"])},
            "Sensor not connected: min_dist (always 10 m)",
        ),
    ],
)
def test_what_else_is_told(parts: dict[str, Any], said: str) -> None:
    assert told(snapshot(), snapshot(**parts)) == ([said] if said else [])


def test_messages_outlive_the_daemon_are_counted_and_bounded(tmp_path: Path) -> None:
    now = [100.0]
    path = tmp_path / "kept" / "messages.jsonl"
    first = Messages(path, lambda: now[0])
    first.say("All is well.", "good")
    first.notice("It is hot.")
    now[0] = 160.0
    first.say("It is hot.", "warn")
    assert first.notices() == ["It is hot."] and (first.total, first.unread) == (3, 1)
    again = Messages(path, lambda: now[0])
    assert again.read() == [
        MessageView(160.0, "It is hot.", "warn", 2),
        MessageView(100.0, "All is well.", "good"),
    ]
    assert again.notices() == [] and again.unread == 1
    again.mark_read()
    assert Messages(path).unread == 0
    for number in range(2500):
        again.say(f"message {number}")
    assert len(again.read()) == 200 and again.read()[0].text == "message 2499"
    assert len(path.read_bytes().splitlines()) <= 1001
    path.write_bytes(b'{"when": 1, "te\n\xff\n')
    assert Messages(path).read() == []


def test_text_from_outside_is_made_safe_in_messages(tmp_path: Path) -> None:
    kept = Messages(tmp_path / "messages.jsonl")
    kept.say("\x1b[31m[/red]\n" + "x" * 5000)
    assert kept.read()[0].text.startswith("[/red] x") and len(kept.read()[0].text) == 400


def test_who_did_what_and_what_was_refused_is_read_by_everybody(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="gravel")
    with pytest.raises(OperatorError):
        rig.do("capture.on", session="grass")

    async def fetch(client: Client) -> list[MessageView]:
        return await client.messages()

    def said() -> list[str]:
        return [message.text for message in rig.ask(fetch)]

    user = until(lambda: next((t for t in said() if t.startswith("Capture gravel (")), ""))
    assert user.endswith(", script): Recording into session gravel.")
    refused = next(message for message in rig.ask(fetch) if "REFUSED" in message.text)
    assert refused.text.startswith("Capture grass (") and "REFUSED: Capture is on" in refused.text
    assert refused.level == "", "who asked has read it: no warning is left unread"
    until(lambda: rig.ask(lambda c: c.messages(read=True)) and rig.snapshot().unread == 0)
