"""The ros2-rover checkout: where the collector's start script and its ROS set-up lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.files import at_home

SCRIPT = "start_remote_training_collection.sh"
NAME = "ros2-rover"
SAMPLES = "calibration_data"
_ROS = Path("/opt/ros")
_USUAL = ("", "Documents", "src", "ros2_ws/src", "git")


@dataclass(frozen=True)
class Checkout:
    """Attributes:
    root: its directory.
    setup_files: what to source before any ros2 program: the distribution's, then its own.
    warnings: what is not as it should be, a sentence each; none of it keeps it from being used.
    """

    root: Path
    setup_files: tuple[str, ...]
    warnings: tuple[str, ...]


def candidates(workspace: Path, home: Path) -> list[Path]:
    """Directories that look like it: the workspace and those above, then the usual places."""
    places: list[Path] = [workspace, workspace / NAME, *workspace.parents]
    places += [place / NAME for place in workspace.parents]
    places += [home / usual / NAME for usual in _USUAL]
    return _unique(place for place in places if _has_script(place))


def _unique(places: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(place.resolve() for place in places))


def _has_script(place: Path) -> bool:
    try:
        return (place / SCRIPT).is_file()
    except OSError:
        return False


def check(given: str, ros: Path = _ROS) -> Checkout:
    """What is there.

    Raises:
        OperatorError: there is nothing, or something else.
    """
    root = at_home(given)
    try:
        if not root.is_dir():
            raise OperatorError(f"{root}: there is no such directory.", hint=_HINT)
        root = root.resolve()
        if not (root / SCRIPT).is_file():
            raise OperatorError(f"{root}: this is not the checkout: no {SCRIPT} in it.", hint=_HINT)
        found = sorted(ros.glob("*/setup.bash"))
        own = root / "install" / "setup.bash"
        warnings = []
        if not found:
            warnings.append(f"No ROS under {ros}: ros2 commands cannot be run here.")
        if len(found) > 1:
            warnings.append(f"Several ROS under {ros}; {found[-1].parent.name} was taken.")
        if not own.is_file():
            warnings.append("It is not built: no install/setup.bash (colcon build makes it).")
        files = [*found[-1:], *([own] if own.is_file() else [])]
    except PermissionError:
        raise OperatorError(f"{root}: must not be read by this user.", hint=_HINT) from None
    except OSError as error:
        raise OperatorError(f"{root}: {error.strerror}.", hint=_HINT) from None
    return Checkout(root, tuple(str(file) for file in files), tuple(warnings))


_HINT = f"Name the directory with {SCRIPT}."
