"""A drive that is recorded for checking only: what calibrates never checks, and the reverse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import choice
from rovertui.calibration.store import SampleStore
from rovertui.config import Limits
from rovertui.conversion.report import strength
from tests.recorder.conftest import Session

GREYS = list(range(20, 236, 24))


def drive(tools: Any, begin: float, greys: list[int] = GREYS) -> list[Any]:
    """One picture after another, each for a moment so that none is taken for a glitch."""
    return [
        tools.frame(begin + i * 0.1, rgb=np.full((6, 8, 3), grey, np.uint8))
        for i, grey in enumerate(grey for grey in greys for _ in range(2))
    ]


@pytest.fixture
def rover(session: Session, tools: Any) -> Session:
    """With a set that was recorded as usual, half of it for checking, and full there."""
    session.config = tools.config(rule="diverse", places=9, check_places=4, block=1, check_every=2)
    session.store = SampleStore(
        session.directory, session.config, session.root / ".rovertui", simulated=False
    )
    session.record(drive(tools, 0.0), "usual")
    return session


def worth(rover: Session) -> Any:
    """What a check on the set is worth, as a conversion finds it."""
    arguments: dict[str, Any] = {"config": rover.config, "schema": "small"}
    calibration = choice.calibration_files(rover.directory, **arguments)
    check = choice.check_files(rover.directory, **arguments)
    return strength(calibration.files, check.files, Limits(frames=4))


def checks(rover: Session) -> list[Path]:
    return sorted((rover.directory / "check").glob("*.npz"))


def test_an_error_on_a_drive_that_only_checks_is_good(rover: Session, tools: Any) -> None:
    assert worth(rover).grade == "WEAK"
    calibrating = {path.name for path in rover.directory.glob("*.npz")}
    rover.record(drive(tools, 1000.0), "another", checking=True)
    assert worth(rover).grade == "GOOD"
    assert {path.name for path in rover.directory.glob("*.npz")} == calibrating
    shown = rover.numbers()[-1].capture
    assert shown.for_checking and shown.check_apart == 4


def test_it_has_places_of_its_own_and_no_more(rover: Session, tools: Any) -> None:
    before = len(checks(rover))
    rover.record(drive(tools, 1000.0), "another", checking=True)
    rover.record(drive(tools, 2000.0), "a third", checking=True)
    assert len(checks(rover)) == before + 4


def test_a_moment_that_calibrates_is_not_checked_on_when_it_is_played_again(
    rover: Session, tools: Any
) -> None:
    before = checks(rover)
    rover.record(drive(tools, 0.0, GREYS[:4]), "again", checking=True)
    assert checks(rover) == before
    assert "of a moment that calibrates" in rover.numbers()[-1].capture.decided


def test_a_moment_that_checks_does_not_calibrate_when_it_is_played_again(
    rover: Session, tools: Any
) -> None:
    rover.record(drive(tools, 1000.0), "another", checking=True)
    calibrating = sorted(rover.directory.glob("*.npz"))
    rover.record(drive(tools, 1000.0, [5, 5, 250, 250, 5]), "again")
    assert sorted(rover.directory.glob("*.npz")) == calibrating


def test_the_guides_rule_goes_on_for_checking_when_its_set_is_complete(
    tmp_path: Path, tools: Any
) -> None:
    config = tools.config(interval=0.2, count=2, block=100, check_every=2)
    rover = Session(tmp_path, config)
    rover.record(drive(tools, 0.0), "usual")
    assert len(list(rover.directory.glob("*.npz"))) == 2
    rover.record(drive(tools, 1000.0), "another", checking=True)
    assert len(checks(rover)) > 4 and len(list(rover.directory.glob("*.npz"))) == 2
