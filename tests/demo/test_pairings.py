"""Every wrong pairing of sample, feed and net shows as an error over the limits, or is refused.

The policy of the demo, which was trained on metres/6 and rgb/255, on frames of its world. In the
place of the RKNN stands the float network behind what a build would have made of the feed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from rovertui import demo
from rovertui.config import Limits
from rovertui.conversion import report
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.worker.verify import Comparison

Array = NDArray[Any]
Change = Callable[[Array], Array]


@pytest.fixture(scope="module")
def frames() -> list[dict[str, Array]]:
    world, out = World(5), []
    for _ in range(24):
        world.step(10.0)
        seen = world.observe()
        out.append({"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio})
    return out


@pytest.fixture(scope="module")
def policy() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(Path(demo.__file__).with_name("policy.onnx")))


def judged(
    frames: list[dict[str, Array]],
    policy: onnxruntime.InferenceSession,
    rgb: Change = lambda a: a / 255,
    depth: Change = lambda a: a / 6,
) -> report.Verdict:
    """Whether a build that makes these of the samples is within the limits."""

    def act(rgb: Array, depth: Array, proprio: Array) -> list[Array]:
        given = {
            "rgb": rgb.transpose(2, 0, 1)[np.newaxis].astype(np.float32),
            "depth": depth[np.newaxis, np.newaxis].astype(np.float32),
            "proprio": proprio[np.newaxis].astype(np.float32),
        }
        found: list[Array] = policy.run(None, given)
        return found

    comparison = Comparison(["action"], Limits().over)
    for number, frame in enumerate(frames):
        right = act(frame["rgb"] / 255, frame["depth"] / 6, frame["proprio"])
        built = act(rgb(frame["rgb"]), depth(frame["depth"]), frame["proprio"])
        comparison.add(str(number), right, built)
    return report.judge(comparison.result()[0], Limits())


def test_the_right_pairing_is_within_the_limits(
    frames: list[dict[str, Array]], policy: onnxruntime.InferenceSession
) -> None:
    assert judged(frames, policy).within is True


@pytest.mark.parametrize(
    "depth",
    [
        pytest.param(lambda a: a, id="metres into a net trained on metres/6"),
        pytest.param(lambda a: a / 36, id="divided twice"),
        pytest.param(lambda a: a * 1000 / 6, id="millimetres"),
        pytest.param(lambda a: np.rint(a / 6), id="0 to 1 fed as whole numbers"),
        pytest.param(lambda a: (a - 3) / 3, id="-1 to 1"),
        pytest.param(lambda a: np.where(a >= 6, 0, a) / 6, id="nothing seen is near, not far"),
        pytest.param(lambda a: a.T.reshape(a.shape) / 6, id="axes swapped"),
    ],
)
def test_a_wrong_depth_is_over_the_limits(
    frames: list[dict[str, Array]], policy: onnxruntime.InferenceSession, depth: Change
) -> None:
    assert judged(frames, policy, depth=depth).within is False


@pytest.mark.parametrize(
    "rgb",
    [
        pytest.param(lambda a: a * 1.0, id="0 to 255 into a net trained on 0 to 1"),
        pytest.param(lambda a: a / 255 / 255, id="divided twice"),
        pytest.param(lambda a: (a - 127.5) / 127.5, id="mean and deviation 127.5"),
        pytest.param(lambda a: np.rint(a / 255), id="0 to 1 fed as whole numbers"),
        pytest.param(lambda a: (a / 255).reshape(-1, a.shape[2]).T.reshape(a.shape), id="axes"),
    ],
)
def test_a_wrong_rgb_is_over_the_limits(
    frames: list[dict[str, Array]], policy: onnxruntime.InferenceSession, rgb: Change
) -> None:
    assert judged(frames, policy, rgb=rgb).within is False
