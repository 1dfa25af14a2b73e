"""Advice says what to do, in the right direction, and which values in their unit."""

from __future__ import annotations

import pytest

from rovertui.calibration.advice import advise
from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import Coverage, Covered
from rovertui.config import Config
from rovertui.schema import Axis, Schema

SCHEMA = Config().schema


def lines(name: str, filled: str, schema: Schema = SCHEMA) -> list[str]:
    """Advice about one axis; a letter of ``filled`` is an eighth of it, ``#`` full."""
    plan = Plan(schema)
    judged = next(one for one in plan.judged if one.axis.name == name)
    bins = judged.axis.bins
    different = tuple(3 * (filled[place * len(filled) // bins] == "#") for place in range(bins))
    axis = Covered(judged, different, different, frozenset(range(bins)), 0.5)
    coverage = Coverage(3, 50.0, 3.0, (axis,), {judged.group: 0.5})
    found = []
    while len(found) < 9 and (more := advise(coverage, len(found) + 1)) and len(more) > len(found):
        found = more
    return [line.line.rpartition(",")[0] for line in found]


@pytest.mark.parametrize(
    ("axis", "filled", "said"),
    [
        ("lin", "....####", "reverse: up to 0.2 m/s"),
        ("lin", "..######", "reverse faster: over 0.1 m/s"),
        ("lin", "####....", "drive forward: up to 0.2 m/s"),
        ("lin", "######..", "drive forward faster: over 0.1 m/s"),
        ("lin", "####.###", "drive forward slowly: below 0.05 m/s"),
        ("lin", "###.####", "reverse slowly: below 0.05 m/s"),
        ("lin", "#####.##", "drive forward at this rate: 0.05 to 0.1 m/s"),
        ("lin", "........", "drive forward: up to 0.2 m/s"),
        ("ang", ".#######", "turn right faster: over 0.75 rad/s"),
        ("ang", "#######.", "turn left faster: over 0.75 rad/s"),
        ("ang", "####....", "turn left: up to 1 rad/s"),
        ("brightness", "..######", "somewhere dark: brightness below 64"),
        ("brightness", "........", "somewhere dark: brightness below 128"),
        ("clipped", ".....", "into glare or deep shadow: over 20 % clipped"),
        ("brightness", "######..", "somewhere bright: brightness over 191"),
        ("nearest", "..######", "closer to an obstacle: nearest within 0.42 m"),
        ("nearest", "######..", "farther from obstacles: nearest over 1.9 m"),
        ("depth far", "######..", "with a longer view: 10 % of it beyond 2.6 m"),
        ("depth far", "..######", "with the view blocked: 90 % of it within 0.47 m"),
        ("depth near", "######..", "with nothing close in view: 95 % of it beyond 2.6 m"),
        ("depth mid", "####..##", "in a place of this width: 1.1 to 2.6 m"),
        ("clipped", "####....", "into glare or deep shadow: over 30 % clipped"),
        ("valid", "..######", "shiny, dark or far surfaces: below 50 % has depth"),
        ("pitch", "####....", "a slope the other way: pitch over 0 rad"),
        ("pitch", "######..", "a slope, steeper: pitch over 0.15 rad"),
        ("roll", "..######", "across a slope, steeper: roll below -0.15 rad"),
    ],
)
def test_each_number_says_what_to_do_and_where(axis: str, filled: str, said: str) -> None:
    assert lines(axis, filled)[0] == said


def test_no_line_is_longer_than_a_screen_has_room_for() -> None:
    for judged in Plan(SCHEMA).judged:
        for filled in ("........", "...##...", "####....", "....####", "###..###"):
            for line in lines(judged.axis.name, filled):
                text, _, where = line.partition(": ")
                assert len(text) <= 42 and len(where) <= 25, line


def test_an_axis_of_one_s_own_keeps_its_sign() -> None:
    """Nothing is known of its meaning, so no magnitude is made of a negative range."""
    made = Schema(
        arrays=SCHEMA.arrays,
        inputs=SCHEMA.inputs,
        axes=[Axis(name="accel", of="proprio.accel", low=-4.0, high=4.0, bins=8)],
    )
    assert lines("accel", "..######", made) == ["smoother ground: below -2"]
    assert lines("accel", "........", made) == ["rougher ground: over 0"]
