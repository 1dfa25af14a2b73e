"""Models as rows: what the V620 has, what is here, how it was checked, and the job."""

from __future__ import annotations

import re

import pytest

from rovertui.snapshot import ServerView
from rovertui.ui import words
from widgets.stage_bar import Stage, stage_strip

from .drawn import head, models, text
from .scenes import busy, empty, job, model


def test_a_server_that_is_down_says_why_and_how_to_look_again() -> None:
    snapshot = empty()
    snapshot.server = ServerView(state="down", text="no route to host")
    shown = " ".join(re.sub("│.*", "", models(snapshot)).split())
    assert "no route to host r looks again" in shown


def test_models_lists_what_the_v620_has_and_what_is_here() -> None:
    shown = models(busy(), 120)
    assert re.search(r"1260 +new +20 min +1\.3MB", shown)
    assert re.search(r"1240 +LIVE", shown)
    assert re.search(r"1240 +int8 +582kB +0\.092/0\.41 +61% +OVER 120", shown)
    assert re.search(r"1240 +hybrid +582kB +0\.0041/0\.031 +0\.0% +LIVE", shown)
    assert re.search(r"1230 +fp16 +582kB +0\.0002/0\.0019", shown)


def test_what_somebody_has_looked_at_is_new_no_more() -> None:
    snapshot = busy()
    assert "1 new" in models(snapshot, 120)
    snapshot.server.checkpoints[0].fresh = False
    shown = models(snapshot, 120)
    assert re.search(r"1260 +there", shown) and "1 new" not in shown


def test_the_selected_line_is_told_by_a_sign() -> None:
    assert "▶ 1260" in models(busy())
    assert "▶ 1250" in models(busy(), side="here")


def test_a_model_that_was_not_measured_says_so() -> None:
    snapshot = busy()
    snapshot.models = [model(1250, "int8", mean=None, largest=None, over_limit=None, within=None)]
    assert "not measured" in models(snapshot, 120, 37, "here")


def test_a_running_shipment_has_a_line_for_each_stage() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=5)]
    shown = models(snapshot)
    for stage in ("pull", "prepare", "quantize", "verify", "switch", "confirm"):
        assert re.search(rf"[✓▶·] {stage}", shown)
    assert " 60%" in shown and "21 s gone, first time here" in shown and "esc cancels" in shown


def test_the_end_of_a_job_is_a_sentence_with_its_result() -> None:
    snapshot = busy()
    snapshot.jobs = [
        job(
            "done",
            at=13,
            text="1250 is ready: press D.",
            result={"convert": {"model": "ppo_v620_update_1250_hybrid"}, "ready": True},
        )
    ]
    shown = models(snapshot, side="here")
    assert "ship done: 1250 is ready: press D." in shown
    assert "RESULT  ppo_v620_update_1250_hybrid  hybrid  582 kB, 44% of the ONNX" in shown
    assert "0.0041 mean (limit 0.01), 0.031 most (limit 0.15)" in shown
    assert "0.0% of 120 frames over 0.05 (limit 2.0%)  WITHIN LIMITS" in shown
    assert "checked: OK: other session" in shown


def test_the_result_of_what_put_a_build_into_service_is_that_build() -> None:
    snapshot = busy()
    name = "ppo_v620_update_1250_hybrid"
    newer = next(each for each in snapshot.models if each.name == name)
    newer.live, newer.earlier_live = False, True
    snapshot.live.name = name
    snapshot.live.build = model(1250, "hybrid", mean=0.0012, largest=0.007, frames=30, live=True)
    rolled = job("done", result={"model": name, "active": "deployed/0001/x.rknn"})
    snapshot.jobs = [rolled]
    shown = models(snapshot, 120, side="here")
    assert "off by 0.0012 mean" in shown and "of 30 frames" in shown
    assert re.search(r"1250 +hybrid .* 0\.0041/0\.031 .*OK 120 *\n.*1250 +hybrid .*LIVE", shown)
    snapshot.jobs = [job("done", result={"model": name})]
    assert "off by 0.0041 mean" in models(snapshot, 120, side="here")


def test_a_pause_is_said_in_place_of_the_time_and_in_the_header() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=5, paused="paused: 86 °C, goes on below 80 °C")]
    shown = models(snapshot)
    assert "JOB 7  paused: 86 °C, goes on below 80 °C  esc cancels" in shown
    assert "ship paused" in head(snapshot, 120)


def test_what_the_npu_did_stands_below_the_simulators_figures() -> None:
    snapshot = busy()
    said = "stand-in, NOT AN NPU: off by 0.0041 mean, 0.031 most; 1.2 ms mean, 2.1 ms p95, parked"
    snapshot.models = [model(1250, "hybrid", npu=said)]
    snapshot.jobs = []
    shown = models(snapshot, 80, 24, side="here")
    assert "stand-in, NOT AN NPU: off by 0.0041 mean" in shown
    assert "1.2 ms mean, 2.1 ms p95, parked" in shown


def test_a_failed_job_says_so_and_shows_the_end_of_its_log() -> None:
    snapshot = busy()
    snapshot.jobs = [job("failed", text="Quantize: the toolkit ended with signal 9.")]
    shown = models(snapshot)
    assert "ship FAILED: Quantize: the toolkit ended with signal 9." in shown
    assert "last log line" in shown


def test_the_toolkits_installation_is_shown_with_progress() -> None:
    snapshot = empty()
    snapshot.toolkit.state = "installing"
    snapshot.toolkit.text, snapshot.toolkit.done, snapshot.toolkit.total = "torch", 1.0, 4.0
    assert re.search(r"TOOLKIT installing .* 25% torch", models(snapshot))
    snapshot.toolkit.state = "missing"
    assert "T installs it" in models(snapshot)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0041, "0.0041"), (0.031, "0.031"), (0.41, "0.41"), (0.00001, "<.0001"), (0, "0")],
)
def test_errors_have_two_figures_that_count(value: float, said: str) -> None:
    assert words.small(value) == said
    assert words.small(None) == words.small(float("nan")) == "-"


def test_the_strength_of_a_check_is_one_word_and_its_frames() -> None:
    assert words.strength(model(1, "int8", strength="15 frames, same drive: WEAK", frames=15)) == (
        "WEAK 15"
    )
    assert words.strength(model(1, "int8", strength="two sessions", frames=90)) == "ok 90"
    assert words.strength(model(1, "int8", within=False)) == "OVER 120"
    assert words.strength(model(1, "int8", problem="no sheet")) == "BROKEN"


def test_stages_on_one_line_name_what_is_not_done() -> None:
    stages = [Stage(f"stage{i}", "done") for i in range(10)]
    stages += [Stage("switch", "skipped"), Stage("reload", "failed")]
    assert text([stage_strip(stages, 60)]).strip() == "✓10 done -switch ✗reload"
    assert text([stage_strip(stages, 24)]).strip() == "✓✓✓✓✓✓✓✓✓✓-✗reload"
    assert text([stage_strip(stages[:10], 24)]).strip() == "✓ all 10 stages"


def test_the_two_checks_of_a_shipment_have_names_of_their_own() -> None:
    from rovertui.ui import words

    shipping = job()
    names = [words.stage_name(shipping, index) for index in range(len(shipping.stages))]
    assert names.count("check") == 1 and "may it run" in names
