"""The report: by number, in wheel units, common and rare, and against the one before."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from rovertui.conversion import figures, summary
from rovertui.conversion.sheet import Check, FrameError, Output, OutputNumber, Sheet

from .test_sheet import made

ACTION = Output(
    name="action",
    shape=[1, 2],
    use="wheels",
    after="clip",
    numbers=[
        OutputNumber(name="linear", unit="m/s", scale=0.18, still=0.02),
        OutputNumber(name="angular", unit="rad/s", scale=1.0, still=0.03),
    ],
)
Pair = tuple[list[float], list[float]]


def sheet(pairs: list[Pair], rare: list[list[str]] | None = None, **parts: Any) -> Sheet:
    frames = [
        FrameError(
            name=f"f{i}",
            sha256=hashlib.sha256(f"frame {i}".encode()).hexdigest(),
            error=max(abs(a - b) for a, b in zip(reference, rknn, strict=True)),
            reference=[reference],
            rknn=[rknn],
            rare=None if rare is None else rare[i],
        )
        for i, (reference, rknn) in enumerate(pairs)
    ]
    check = Check(
        frames=len(frames),
        sessions=1,
        blocks=1,
        mean=0.1,
        max=0.2,
        over=0.05,
        over_limit=0.5,
        outputs=[],
        by_frame=frames,
    )
    return made(check=check, outputs=[ACTION], **parts)


def test_errors_are_told_in_wheel_units_of_what_the_node_makes_of_a_number() -> None:
    rows = figures.by_number(sheet([([0.5, 0.2], [0.6, 0.2]), ([1.5, 0.0], [1.2, 0.1])]))

    linear, angular = rows
    assert linear["mean"] == pytest.approx(0.2), "of the output itself"
    assert linear["wheel"]["mean"] == pytest.approx(0.18 * 0.05), "1.5 and 1.2 are both clipped"
    assert linear["wheel"]["largest"] == pytest.approx(0.018)
    assert angular["wheel"]["bias"] == pytest.approx(0.05)
    assert linear["over_limit"] == 1.0 and angular["over_limit"] == 0.5


def test_a_wrong_sign_counts_where_the_command_is_more_than_standing_still() -> None:
    pairs: list[Pair] = [
        ([0.05, 0.5], [-0.05, 0.4]),
        ([0.5, 0.01], [-0.1, -0.2]),
        ([0.5, -0.4], [0.4, 0.1]),
    ]
    linear, angular = figures.by_number(sheet(pairs))

    assert (linear["wrong_sign"], linear["signed"]) == (0.5, 2)
    assert (angular["wrong_sign"], angular["signed"]) == (0.5, 2)


def test_an_output_that_nothing_describes_is_told_in_its_own_scale() -> None:
    plain = sheet([([0.5, 0.2], [0.6, 0.2])])
    plain = made(check=plain.check, outputs=[Output(name="action", shape=[1, 2])])

    row = figures.by_number(plain)[0]

    assert row["wheel"] is None and row["wrong_sign"] is None and row["number"] == "0"


def test_common_and_rare_frames_are_told_apart_or_not_at_all() -> None:
    pairs: list[Pair] = [([0.0, 0.0], [0.1, 0.0]), ([0.0, 0.0], [0.4, 0.0])]

    both = summary.row(sheet(pairs, rare=[[], ["lin"]]), "m")["simulator"]
    assert both["common"]["mean"] == pytest.approx(0.1)
    assert both["rare"]["mean"] == pytest.approx(0.4) and both["rare"]["frames"] == 1
    unknown = summary.row(sheet(pairs), "m")["simulator"]
    assert unknown["common"] is None and unknown["rare"] is None


def test_the_npu_has_its_own_column_and_nothing_pretends_to_be_measured() -> None:
    row = summary.row(sheet([([0.1, 0.1], [0.1, 0.1])]), "m_hybrid")

    assert row["npu"] is None and row["npu_ms"] is None
    lines = summary.table([row])
    assert "not measured" in lines[1] and "simulator" in "\n".join(lines)
    empty = summary.row(made(), "m_hybrid")
    assert empty["simulator"] is None and "not measured" in summary.table([empty])[1]


def many(error: float, count: int = 12, policy: float = 0.0) -> list[Pair]:
    return [
        ([0.1 * i / count + policy, 0.2], [0.1 * i / count + policy + error, 0.2])
        for i in range(count)
    ]


def test_todays_model_is_held_against_the_one_before_on_the_same_frames() -> None:
    before = sheet(many(0.02), checkpoint="ppo_v620_update_90")
    today = sheet(many(0.01, policy=0.5), checkpoint="ppo_v620_update_100")

    rows = summary.build([("b", before, False), ("t", today, True)])

    assert [row["checkpoint"] for row in rows] == ["ppo_v620_update_100", "ppo_v620_update_90"]
    found = rows[0]["before"]
    assert found["verdict"] == "better" and found["frames"] == 12 and found["closer"] == 1.0
    assert found["acts"][0]["mean"] == pytest.approx(0.5 * 0.18), "another policy, in m/s"
    assert rows[1]["before"] is None


def test_alike_worse_and_not_comparable() -> None:
    before = sheet(many(0.02), checkpoint="u_1")

    def verdict(today: Sheet) -> str:
        return str(summary.against(today, before)["verdict"])

    assert verdict(sheet(many(0.0195), checkpoint="u_2")) == "alike"
    assert verdict(sheet(many(0.04), checkpoint="u_2")) == "worse"
    assert verdict(sheet(many(0.01, count=3), checkpoint="u_2")) == "not comparable"
    assert verdict(made(checkpoint="u_2")) == "not comparable"


def test_only_a_model_of_the_same_precision_is_the_one_before() -> None:
    other = sheet(many(0.02), checkpoint="u_1", precision="fp16")
    today = sheet(many(0.02), checkpoint="u_2")

    assert summary.previous(today, [other, today]) is None


def test_one_line_says_whether_the_newest_is_better_than_the_one_before() -> None:
    week = 7 * 86_400.0
    before = sheet(many(0.02), checkpoint="ppo_v620_update_90", created=1000.0)
    today = sheet(many(0.01, policy=0.5), checkpoint="ppo_v620_update_100", created=1000.0 + week)

    line = summary.headline(summary.build([("b", before, False), ("t", today, True)]))

    assert "\n" not in line and "t is BETTER" in line and "made 7 d earlier" in line
    assert "0.0100 against 0.0200" in line and "apart by linear 90.0 mm/s" in line
    soon = sheet(many(0.01, policy=0.5), checkpoint="ppo_v620_update_100", created=1080.0)
    assert "made 1 min earlier" in summary.headline(
        summary.build([("b", before, False), ("t", soon, True)])
    )
    first = summary.headline(summary.build([("b", before, False)]))
    assert "no earlier model" in first
    few = sheet(many(0.01, count=3), checkpoint="ppo_v620_update_100", created=2000.0)
    unlike = summary.headline(summary.build([("b", before, False), ("t", few, False)]))
    assert "not comparable" in unlike and "3 frames in common" in unlike
    assert summary.headline([]) == ""
