"""The two models' outputs, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from rovertui.worker.failure import Failure
from rovertui.worker.verify import Comparison


def compared(
    reference: list[list[float]], rknn: list[list[float]], over: float = 0.05
) -> Comparison:
    comparison = Comparison(["action"], over)
    for number, (a, b) in enumerate(zip(reference, rknn, strict=True)):
        comparison.add(f"frame{number}", [np.array([a])], [np.array([b])])
    return comparison


def test_mean_largest_share_and_signed_bias() -> None:
    figures, warnings = compared(
        [[0.0, 0.1], [0.5, 0.2], [0.9, 0.3], [0.2, 0.4]],
        [[0.0, 0.1], [0.6, 0.2], [0.9, 0.28], [0.2, 0.4]],
    ).result()

    assert figures["frames"] == 4 and not warnings
    assert figures["mean"] == pytest.approx(0.12 / 8)
    assert figures["largest"] == pytest.approx(0.1)
    assert figures["share_over"] == pytest.approx(0.25)
    assert figures["outputs"][0]["bias"] == pytest.approx([0.025, -0.005])
    assert [f["name"] for f in figures["by_frame"]] == ["frame0", "frame1", "frame2", "frame3"]
    assert figures["by_frame"][1]["error"] == pytest.approx(0.1)


def test_the_worst_output_decides_and_any_output_counts_a_frame() -> None:
    comparison = Comparison(["action", "value"], 0.05)
    comparison.add("a", [np.array([0.1]), np.array([1.0])], [np.array([0.1]), np.array([1.2])])
    comparison.add("b", [np.array([0.3]), np.array([0.5])], [np.array([0.4]), np.array([0.5])])

    figures, _ = comparison.result()

    assert figures["mean"] == pytest.approx(0.1)
    assert figures["largest"] == pytest.approx(0.2)
    assert figures["share_over"] == 1.0
    assert [o["mean"] for o in figures["outputs"]] == pytest.approx([0.05, 0.1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_output_that_is_not_finite_is_a_failure(bad: float) -> None:
    with pytest.raises(Failure, match=r"frame0: output action of the RKNN"):
        compared([[0.1, 0.2]], [[0.1, bad]])
    with pytest.raises(Failure, match="float model"):
        compared([[0.1, bad]], [[0.1, 0.2]])


def test_nothing_from_the_simulator_is_a_failure() -> None:
    comparison = Comparison(["action"], 0.05)

    with pytest.raises(Failure, match=r"frame: the RKNN simulator gave nothing"):
        comparison.add("frame", [np.zeros((1, 2))], None)


def test_another_number_of_values_is_a_failure() -> None:
    with pytest.raises(Failure, match="2 numbers, the RKNN 3"):
        compared([[0.1, 0.2]], [[0.1, 0.2, 0.3]])


def test_an_output_that_stands_still_while_the_policys_moves_is_a_failure() -> None:
    with pytest.raises(Failure, match="is the same on all 2 frames"):
        compared([[0.1, 0.2], [0.4, 0.2]], [[0.2, 0.2], [0.2, 0.2]]).result()


def test_a_policy_that_stands_still_itself_is_a_warning() -> None:
    _, warnings = compared([[0.1, 0.2], [0.1, 0.2]], [[0.1, 0.2], [0.1, 0.2]]).result()

    assert "of no use for a check" in warnings[0]


def test_no_frames_is_a_failure() -> None:
    with pytest.raises(Failure, match="no frames"):
        Comparison(["action"], 0.05).result()
