"""The samples of one conversion, held while it runs: a recorder may replace them meanwhile."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rovertui.calibration.choice import Choice
from rovertui.errors import OperatorError
from rovertui.operations.checking import Chosen

_TRIES = 5


@contextmanager
def held(choose: Callable[[], Chosen], scratch: Path) -> Iterator[Chosen]:
    """Choose samples and give them names of our own until the end of the ``with`` block.

    A sample that goes to the trash between the choice and the hold makes the choice anew.

    Raises:
        OperatorError: the set changed during each of several tries; and what ``choose`` raises.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):
        directory = Path(tempfile.mkdtemp(prefix="samples-", dir=scratch))
        try:
            chosen = choose()
            mine = replace(
                chosen,
                calibration=_hold(chosen.calibration, directory / "calibration"),
                checking=_hold(chosen.checking, directory / "check"),
            )
        except FileNotFoundError:
            shutil.rmtree(directory, ignore_errors=True)
            continue
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        try:
            yield mine
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        return
    raise OperatorError(
        "The set of samples changes faster than it can be read.",
        hint="Stop capture (c), then convert again.",
        code="busy",
    )


def _hold(choice: Choice, directory: Path) -> Choice:
    directory.mkdir()
    files = []
    for file in choice.files:
        mine = directory / file.path.name
        try:
            os.link(file.path, mine)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(file.path, mine)
        files.append(replace(file, path=mine))
    return replace(choice, files=tuple(files))
