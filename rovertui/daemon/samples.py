"""What an operator does to samples and to what the set is judged by.

What reads samples needs NumPy, and is imported only when it is asked for.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rovertui.calibration import marks
from rovertui.called import called
from rovertui.daemon.holder import Holder
from rovertui.errors import OperatorError
from rovertui.text import clean

Params = dict[str, Any]


def refusals(holder: Holder) -> dict[str, str]:
    """Why samples cannot be kept or taken back now."""
    said: dict[str, str] = {}
    if not holder.recorder.heard_lately:
        said["sample.keep"] = said["sample.undo"] = holder.recorder.silence()
    elif not holder.recorder.capture(holder.wanted.capture).can_undo:
        said["sample.undo"] = "No sample was kept since the recorder began."
    return said


async def keep(holder: Holder, params: Params) -> dict[str, Any]:
    """Have the next frame kept; a session is made up where capture never was on."""
    session = _words(params, "session") or holder.wanted.session
    session = session or time.strftime("%Y%m%d-%H%M%S")
    late = "No frame was fit for it yet; the next one is kept."
    return await holder.recorder.ask({"do": "keep", "session": session}, late)


async def undo(holder: Holder, params: Params) -> dict[str, Any]:
    """Have the last sample taken back."""
    return await holder.recorder.ask({"do": "undo"}, "The disk is slow; it is taken back soon.")


def label(holder: Holder, params: Params) -> dict[str, Any]:
    """``session`` (the present one without), ``label``; an empty label takes it away."""
    session, words = _session(holder, params), _words(params, "label")
    kept = holder.workspace.kept
    if session != holder.wanted.session and session not in marks.load(kept).labels:
        _there(holder, session)
    marks.label(kept, session, words)
    if not words:
        return {"text": f"Session {session} has no label any more."}
    return {"text": f"Session {session} is labelled {words!r}."}


def _there(holder: Holder, session: str) -> None:
    """Refuse a session that no sample of the set is of."""
    from rovertui.calibration.report import load_entries

    entries = load_entries(
        holder.workspace.samples(holder.config), holder.config, holder.workspace.kept
    )
    known = {entry.verdict.stamp.session for entry in entries if entry.verdict.stamp}
    if session not in known:
        newest = ", ".join(sorted(known - {""}, reverse=True)[:5])
        raise OperatorError(
            f"There is no sample of session {session!r} here.",
            hint=f"Sessions: {newest}." if newest else "",
        )


def mark(holder: Holder, params: Params, unreachable: bool) -> str:
    """``marks``: ``AXIS`` or ``AXIS:BIN``, as advice carries them; without, the first advice's."""
    from rovertui.calibration.axes import Plan

    names = params.get("marks")
    advice = holder.recorder.coverage.advice if unreachable else []
    if not names and advice:
        names = advice[0].marks
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OperatorError("marks: expected a list of AXIS or AXIS:BIN.", code="protocol")
    bins = {one.axis.name: one.axis.bins for one in Plan(holder.config.schema).every}
    for name in names:
        axis, _, place = (name, "", "") if name in bins else name.rpartition(":")
        if axis not in bins:
            raise OperatorError(
                f"There is no axis {name!r}.", hint=f"Axes: {', '.join(sorted(bins))}."
            )
        if place and not (place.isascii() and place.isdigit() and int(place) < bins[axis]):
            raise OperatorError(f"{name}: expected a bin of {axis} from 0 to {bins[axis] - 1}.")
    site = holder.config.rover.site
    marks.mark(holder.workspace.kept, site, names, unreachable=unreachable)
    where = f"at {site}" if site else "here"
    advised = next((clean(each.text) for each in advice if each.marks == names), "")
    if advised:
        return f"{advised}: not met {where}; Can here (:) takes all such marks back."
    what = ", ".join(names) if len(names) <= 4 else f"{len(names)} ranges"
    return f"{what}: {'not to be met' if unreachable else 'can be met'} {where}."


def discard(holder: Holder, params: Params) -> dict[str, Any]:
    """Move a session's samples to the trash."""
    from rovertui.calibration import trash
    from rovertui.calibration.report import load_entries

    session = _session(holder, params)
    directory = holder.workspace.samples(holder.config)
    kept = holder.workspace.kept
    entries = load_entries(directory, holder.config, kept)
    gone = trash.discard(directory, entries, kept, session, _trashed(session))
    if not gone:
        raise OperatorError(f"There is no sample of session {session!r} here.")
    text = f"{len(gone)} samples of session {session} are in the trash."
    return {"text": text + _bound(holder), "files": gone}


def _trashed(session: str) -> str:
    return f"session {session} trashed"


def _bound(holder: Holder) -> str:
    """Keep the trash within its limit; what that did, as a further sentence."""
    from rovertui.calibration import trash

    most = holder.config.capture.trash_most
    found = trash.bound(holder.workspace.kept, most)
    if found.deleted:
        return f" It was full: its {len(found.deleted)} oldest samples were deleted."
    return f" {found.text(most)}." if found.bytes > most > 0 else ""


def restore(holder: Holder, params: Params) -> dict[str, Any]:
    """Bring back what the trashing of a session took; what went there by itself stays there."""
    from rovertui.calibration import trash
    from rovertui.calibration.sample import BadSample, opened

    session = _session(holder, params)
    directory, kept = holder.workspace.samples(holder.config), holder.workspace.kept
    reasons = trash.reasons(kept)

    def belongs(path: Path) -> bool:
        try:
            with opened(path) as sample:
                stamp = sample.stamp()
        except BadSample:
            return False
        name = path.relative_to(trash.place(kept)).as_posix()
        # Whoever was killed between moving a sample and noting why left it without a reason.
        together = reasons.get(name, "") in ("", clean(_trashed(session), 200))
        return together and stamp is not None and stamp.session == session

    back = trash.bring_back(directory, kept, belongs)
    if not back:
        raise OperatorError(
            f"There is no sample of session {session!r} in the trash that was trashed with it.",
            hint="One that was taken out by itself: b on screen 2, or "
            f"`{called()} dataset restore --sample NAME`.",
        )
    return {"text": f"{len(back)} samples of session {session} are back.", "files": back}


def discard_one(holder: Holder, params: Params) -> dict[str, Any]:
    """Move one sample to the trash; ``name`` as in the set."""
    from rovertui.calibration import numbering, trash

    name = _name(params)
    directory = holder.workspace.samples(holder.config)
    trash.put(directory, name, holder.workspace.kept, "trashed by hand")
    return {"text": f"{numbering.short(name)} is in the trash.{_bound(holder)}"}


def restore_one(holder: Holder, params: Params) -> dict[str, Any]:
    """Put one sample back; ``name`` as in the trash."""
    from rovertui.calibration import numbering, trash

    name = _name(params)
    back = trash.restore(holder.workspace.samples(holder.config), name, holder.workspace.kept)
    return {"text": f"{numbering.short(back)} is back."}


def _name(params: Params) -> str:
    """A sample's name, which leads nowhere but into the set."""
    from rovertui.calibration import numbering

    name = numbering.full(_words(params, "name"))
    folder, _, file = name.rpartition("/")
    if folder not in ("", "check") or not file.endswith(".npz") or file.startswith("."):
        raise OperatorError(
            f"{clean(name, 80) or 'name'}: expected the name of a sample of the set.",
            hint="Such as calibration_0049.npz or 0049; one for checking is check/0050.",
        )
    return name


def _session(holder: Holder, params: Params) -> str:
    session = _words(params, "session") or holder.wanted.session
    if not session:
        raise OperatorError("Which session? None was recorded by this daemon yet.")
    return session


def _words(params: Params, name: str) -> str:
    value = params.get(name) or ""
    if not isinstance(value, str) or "\0" in value:
        raise OperatorError(f"{name}: expected text, found {value!r}.", code="protocol")
    return value
