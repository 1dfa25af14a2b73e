"""Names in a request: what is meant, and what would have to be done first."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rovertui.audit import Caller
from rovertui.config import Config
from rovertui.daemon import calls, naming
from rovertui.errors import OperatorError
from rovertui.remote.checkpoints import RemoteFile, arrange
from rovertui.workspace import Workspace


@pytest.fixture
def holder(tmp_path: Path) -> Any:
    """What is asked of a daemon, whose V620 has two checkpoints, one without its ONNX."""
    there = [RemoteFile(f"ppo_v620_update_{name}", 10, 0.0) for name in ("1240.onnx", "1230.pt")]
    listing = arrange(there, "checkpoints", "ppo_v620_update_*", 100.0)
    watch = SimpleNamespace(listing=listing, state="up")
    return SimpleNamespace(workspace=Workspace(tmp_path), config=Config(), watch=watch)


@pytest.mark.parametrize(("operation", "wanted"), [("convert", "1240"), ("layers", "1240_hybrid")])
async def test_what_only_the_v620_has_is_pulled_first(
    holder: Any, operation: str, wanted: str
) -> None:
    with pytest.raises(OperatorError, match="1240 is not here yet; the V620 has it") as caught:
        await naming.settled(holder, operation, {"model": wanted})
    assert "pull ppo_v620_update_1240`" in caught.value.hint


@pytest.mark.parametrize("wanted", ["1230", "7", "/nowhere/1240.onnx"])
async def test_what_cannot_be_pulled_is_not_said_to_be(holder: Any, wanted: str) -> None:
    with pytest.raises(OperatorError, match="no ONNX model"):
        await naming.settled(holder, "convert", {"model": wanted})


def test_the_message_of_a_request_names_the_precision() -> None:
    caller = Caller(os.getuid(), "screen")
    said = calls._asked("convert", {"model": "a", "precision": "fp16"}, caller)
    assert said == f"Convert a fp16 ({caller.user}, screen):"
