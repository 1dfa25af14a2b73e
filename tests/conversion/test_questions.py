"""What only a person can decide is asked once a schema and kept with who and when."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rovertui.conversion import questions
from rovertui.conversion.ranges import Doubt
from rovertui.errors import OperatorError

from . import workshop

ASK = {"net_scale": "ask"}


def test_both_answers_are_offered_in_words_and_neither_is_a_guess() -> None:
    question = questions.about_scale("depth", workshop.schema(depth=ASK))

    assert [value for _, value in question.choices] == ["1", "1/6", ""]
    assert "in m" in question.words[0] and "1/6" in question.words[1]


@pytest.mark.parametrize(
    ("answer", "value"),
    [("1/6", "1/6"), ("1", "1"), (None, ""), ("perhaps", ""), ("I do not know: stop", "")],
)
def test_an_answer_is_a_choice_or_its_value_and_nothing_else(
    answer: str | None, value: str
) -> None:
    assert questions.about_scale("depth", workshop.schema(depth=ASK)).value(answer) == value


def test_an_answer_is_kept_with_who_and_when_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "decisions.json"
    schema = workshop.schema(depth=ASK, rgb=ASK)
    before = time.time()

    questions.record(path, "small", questions.about_scale("depth", schema), "1/6", "ada")
    questions.record(path, "small", questions.about_scale("rgb", schema), "1", "ben")
    questions.record(path, "other", questions.about_scale("rgb", schema), "1", "ben")

    kept = questions.load(path)
    assert kept["small"]["depth.net_scale"].value == "1/6"
    assert kept["small"]["depth.net_scale"].who == "ada"
    assert kept["small"]["depth.net_scale"].when >= before
    assert set(kept["small"]) == {"depth.net_scale", "rgb.net_scale"} and "other" in kept
    assert "decided by ada on" in kept["small"]["depth.net_scale"].text


def test_the_configuration_goes_before_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "decisions.json"
    made = questions.record(
        path, "small", questions.about_scale("depth", workshop.schema(depth=ASK)), "1/6", "ada"
    )

    asked = questions.apply(workshop.schema(depth=ASK), {"depth.net_scale": made})
    stated = questions.apply(workshop.schema(), {"depth.net_scale": made})

    assert asked.inputs["depth"].net_scale == "1/6"
    assert stated.inputs["depth"].net_scale == "1"


def test_a_doubt_is_answered_with_right_or_stops() -> None:
    question = questions.about_doubt("rgb", Doubt("large", "0..255?"))

    assert question.key == "rgb.large"
    assert question.value(question.words[0]) == questions.RIGHT
    assert question.value(question.words[1]) == ""


def test_a_damaged_file_is_told_and_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "decisions.json"
    path.write_text('{"small": [')

    with pytest.raises(OperatorError, match=r"decisions\.json"):
        questions.load(path)
