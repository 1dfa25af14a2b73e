"""What the recorder and the daemon say to each other, one JSON object a line.

Views have the names and meanings of :mod:`rovertui.snapshot`, so that the daemon can put them
into a snapshot as they are. Values that are not known are left out.
"""

from __future__ import annotations

import msgspec

from rovertui.errors import OperatorError
from rovertui.reading import Damaged, from_json
from rovertui.snapshot import AxisView, CaptureView, CoverageView, PictureView, StreamView
from rovertui.text import clean


class Capture(msgspec.Struct, tag_field="do", tag="capture", frozen=True):
    """Switch capture; ``session`` names what is recorded from now on, ``checking`` only to check
    on it."""

    on: bool
    session: str = ""
    checking: bool = False


class Park(msgspec.Struct, tag_field="do", tag="park", frozen=True):
    """Simulation only: stand still, or drive on."""

    on: bool


class Keep(msgspec.Struct, tag_field="do", tag="keep", frozen=True):
    """Keep the next frame, whatever it is like; ``session`` where capture is off. ``ask`` is the
    number of the :class:`Answer`, 0 for none."""

    session: str = ""
    ask: int = 0


class Undo(msgspec.Struct, tag_field="do", tag="undo", frozen=True):
    """Take the last sample back; what it replaced returns. ``ask`` as for :class:`Keep`."""

    ask: int = 0


class Look(msgspec.Struct, tag_field="do", tag="look", frozen=True):
    """Send a picture of the newest frame, at most so many pixels; ``number`` comes back with it."""

    number: int
    width: int
    height: int


class Stop(msgspec.Struct, tag_field="do", tag="stop", frozen=True):
    """Write what was accepted and end."""


Command = Capture | Park | Keep | Undo | Look | Stop


class Numbers(msgspec.Struct, tag_field="kind", tag="numbers", omit_defaults=True):
    """The latest state, at most ten times a second; each replaces the one before.

    Attributes:
        simulated: whether the source is a simulation.
        stream: without ``restarts`` and ``trends``, which the daemon knows.
        capture: complete but for what the daemon alone knows.
        axes: only those whose counts changed since the last message, whole; by ``name``.
        coverage: only when it changed since the last message.
        now: the present frame's value for each axis, by ``name``; a missing one has none.
    """

    simulated: bool
    stream: StreamView
    capture: CaptureView
    axes: list[AxisView] = []
    coverage: CoverageView | None = None
    now: dict[str, float] = {}


class Kept(msgspec.Struct, tag_field="kind", tag="kept"):
    """A sample is on disk; ``name`` is relative to the set."""

    name: str
    why: str
    role: str
    stamp: float


class Skipped(msgspec.Struct, tag_field="kind", tag="skipped"):
    """A sample was due and was not kept; said at most once a second."""

    why: str


class Removed(msgspec.Struct, tag_field="kind", tag="removed"):
    """The last sample was taken back, or could not be."""

    name: str
    text: str


class Answer(msgspec.Struct, tag_field="kind", tag="answer"):
    """What came of a command that asked for it; ``done``: whether it was carried out."""

    ask: int
    done: bool
    text: str


class Complete(msgspec.Struct, tag_field="kind", tag="complete"):
    """The set has what completes it (see :mod:`rovertui.calibration.goal`); said when it comes
    about."""


class Pictures(msgspec.Struct, tag_field="kind", tag="pictures"):
    """The answer to :class:`Look`; without pictures where there is no frame.

    Attributes:
        age: seconds since the frame came.
    """

    number: int
    pictures: list[PictureView]
    age: float | None = None


class Notice(msgspec.Struct, tag_field="kind", tag="notice"):
    """Something the operator should know, done or found at the start."""

    text: str


class Failed(msgspec.Struct, tag_field="kind", tag="failed"):
    """The last line before the recorder ends with a status other than 0."""

    message: str
    hint: str = ""


Message = Numbers | Kept | Skipped | Removed | Answer | Complete | Pictures | Notice | Failed


def parse_command(line: bytes) -> Command:
    """One line of standard input. Raises OperatorError for what is no command."""
    try:
        command: Command = from_json(line, Command)  # type: ignore[arg-type]
    except Damaged as error:
        raise OperatorError(
            f"recorder: expected a command, found {clean(line.decode(errors='replace'), 80)!r} "
            f"({clean(str(error), 120)})."
        ) from None
    return command
