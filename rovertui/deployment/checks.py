"""What must hold before a model goes into service, checked on the very bytes that will."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rovertui.called import called
from rovertui.conversion import header
from rovertui.conversion.sheet import LARGEST, Sheet, decode
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reading import contents
from rovertui.text import clean

_MAGIC = b"RKNN"


@dataclass(frozen=True)
class Candidate:
    """A model that may go into service.

    Attributes:
        rknn: its file.
        sheet_bytes: its sheet as it was checked; None for an old model that has none.
        forced: the checks it failed and was insisted past, one sentence each.
        warnings: what the operator should know besides.
    """

    rknn: Path
    name: str
    sha256: str
    sheet: Sheet | None
    sheet_bytes: bytes | None
    forced: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def insist(name: str, rover: str = "") -> str:
    """The command that puts ``name`` into service all the same, here or on another ``rover``."""
    to = f" --to {rover}" if rover else ""
    return f"Insist with `{called()} deploy {name}{to} --force`: the record will say so."


def check(
    rknn: Path,
    sheet_path: Path,
    *,
    target: str,
    simulated_workspace: bool,
    forced: bool = False,
    name: str = "",
    rover: str = "",
) -> Candidate:
    """Check a model and its sheet.

    Args:
        name: what it is called; the file's name without one.
        rover: the other rover it is meant for; empty for this one.
        target: the rover's chip.
        simulated_workspace: whether models calibrated on simulated data may run here.
        forced: whether an error over the limits, or not measured, or a header of a layout we do
            not know, is insisted past. Nothing else can be: a model of another chip, or of
            simulated data, never goes live.

    Raises:
        OperatorError: the first check that failed.
    """
    name = name or clean(rknn.stem)
    try:
        sha256 = sha256_of(rknn)
        sheet_bytes = contents(sheet_path, LARGEST)
    except FileNotFoundError as error:
        what = "model sheet" if error.filename == str(sheet_path) else "model"
        raise OperatorError(
            f"{name}: there is no {what} {clean(Path(str(error.filename)).name)}.",
            hint="Convert the model again: that writes both.",
        ) from None
    except OSError as error:
        raise OperatorError(f"{name}: cannot be read: {error.strerror}.") from None
    sheet = decode(sheet_bytes, sheet_path.name)
    if sheet.rknn_sha256 != sha256:
        raise OperatorError(
            f"{name}: the sheet {clean(sheet_path.name)} belongs to another file "
            f"(it says {sheet.rknn_sha256[:12]}, the model is {sha256[:12]}).",
            hint="Convert the model again: that writes both.",
        )
    past = check_header(rknn, name, target, sheet.precision)
    if past and not forced:
        raise OperatorError(past[0], hint=insist(name, rover))
    if sheet.simulated and not simulated_workspace:
        raise OperatorError(
            f"{name}: was calibrated on simulated data and is not deployed outside the demo.",
            hint="Convert it again with samples of this rover.",
        )
    if sheet.within is not True:
        past.append(_error_sentence(name, sheet))
        if not forced:
            raise OperatorError(past[-1], hint=insist(name, rover))
    warnings = _source(name, sheet, rknn)
    if not sheet.strength.endswith("GOOD"):
        warnings.append(f"How {name} was checked: {clean(sheet.strength, 200)}.")
    return Candidate(rknn, name, sha256, sheet, sheet_bytes, past, warnings)


def _source(name: str, sheet: Sheet, rknn: Path) -> list[str]:
    """A warning when the ONNX of that checkpoint is no longer what the model was made of."""
    onnx = rknn.with_name(f"{sheet.checkpoint}.onnx")
    if "/" in sheet.checkpoint or not onnx.is_file() or sha256_of(onnx) == sheet.onnx_sha256:
        return []
    # Here, because reading a network takes memory that a daemon need not spend otherwise.
    from rovertui.worker.failure import Failure
    from rovertui.worker.model_file import fingerprint

    try:
        if fingerprint(onnx)[0] == sheet.onnx_sha256:
            return []
    except Failure as failure:
        return [failure.message]
    return [
        f"{name}: was made of other weights than {clean(onnx.name)} has now; convert that again "
        "if the newer ones are meant."
    ]


def check_again(
    rknn: Path, sheet_path: Path, *, name: str, target: str, simulated_workspace: bool
) -> Candidate:
    """Check a model that was live before: as :func:`check`, but a rollback must be possible.

    Its error was judged when it was deployed, so it only warns; so does a missing sheet of a
    model that is not ours.
    """
    if sheet_path.exists():
        found = check(
            rknn,
            sheet_path,
            target=target,
            simulated_workspace=simulated_workspace,
            forced=True,
            name=name,
        )
        return Candidate(
            rknn,
            name,
            found.sha256,
            found.sheet,
            found.sheet_bytes,
            warnings=found.forced + found.warnings,
        )
    warnings = check_header(rknn, name, target, "")
    text = f"{name} has no model sheet: nothing says what it must be fed."
    return Candidate(rknn, name, sha256_of(rknn), None, None, warnings=[*warnings, text])


def check_header(rknn: Path, name: str, target: str, precision: str) -> list[str]:
    """Check what the file says of itself.

    Args:
        precision: what its sheet says; empty where nothing does.

    Returns:
        A sentence when the header has a layout we do not know: that can be insisted past.

    Raises:
        OperatorError: no RKNN file, another chip, or another precision.
    """
    with rknn.open("rb") as stream:
        magic = stream.read(len(_MAGIC))
    if magic != _MAGIC:
        raise OperatorError(
            f"{name}: is not an RKNN file (it begins with {magic!r}, expected {_MAGIC!r}).",
            hint="Convert the model again.",
        )
    found = header.read(rknn)
    if found is None:
        return [f"{name}: its header cannot be read: the file is cut short, or its layout is new."]
    if target not in found.targets:
        raise OperatorError(
            f"{name}: was built for {clean(', '.join(found.targets))}, this rover has {target}.",
            hint="Convert it again with conversion.target of this rover.",
        )
    if precision and (precision == "fp16") != (found.precision == "fp16"):
        raise OperatorError(
            f"{name}: its sheet says {clean(precision)}, the file itself {found.precision}.",
            hint="Convert the model again.",
        )
    return []


def _error_sentence(name: str, sheet: Sheet) -> str:
    if sheet.within is None or sheet.check is None:
        return f"{name}: its error against the float model was not measured."
    why = clean("; ".join(sheet.reasons), 300)
    return f"{name}: its error against the float model is over the limits: {why}."
