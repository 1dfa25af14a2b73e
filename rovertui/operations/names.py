"""Which model is meant: wherever one is named, a name, a file name or a training step will do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rovertui.called import called
from rovertui.conversion import naming
from rovertui.errors import OperatorError
from rovertui.text import clean

_SHOWN = 6


def onnx(models: Path, wanted: str) -> Path:
    """The ONNX file that is meant by a name or step in the models directory, or by a path.

    Raises:
        OperatorError: there is none, and which there are; or the step is that of several.
    """
    there = sorted(found.stem for found in models.glob("*.onnx"))
    if "/" in wanted:
        if Path(wanted).is_file():
            return Path(wanted)
        shown = Path(wanted)
    else:
        stem = wanted.removesuffix(".onnx")
        found = naming.meant(there, stem)
        if len(found) == 1:
            return models / f"{found[0]}.onnx"
        if found:
            raise _several(wanted, found)
        shown = models / f"{stem}.onnx"
    last = sorted(there, key=lambda stem: _age(models / f"{stem}.onnx"))[-_SHOWN:]
    raise OperatorError(
        f"There is no ONNX model {clean(str(shown))}.",
        hint=f"Here are: {', '.join(last) or 'none; pull one first'}.",
        code="missing",
    )


def converted(models: Path, wanted: str) -> list[str]:
    """The converted models that are meant: NAME_PRECISION, or all of a checkpoint or step.

    Of ``1240_hybrid`` the name before the precision may be a step as well.

    Returns:
        Their names, several when checkpoint or step has several precisions; none when unknown.
    """
    stem = wanted.removesuffix(".rknn")
    there = _converted(models)
    if stem in there:
        return [stem]
    split = {name: naming.split(name) for name in there}
    wanted_checkpoint, rung = naming.split(stem)
    meant = naming.meant((checkpoint for checkpoint, _ in split.values()), wanted_checkpoint)
    return [
        name
        for name, (checkpoint, built) in split.items()
        if checkpoint in meant and rung in ("", built)
    ]


def one_converted(models: Path, wanted: str) -> str:
    """The one converted model that is meant, as NAME_PRECISION.

    Raises:
        OperatorError: there is none, and which there are; or there are several.
    """
    found = converted(models, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(wanted, found)
    raise missing(models, wanted)


def missing(models: Path, wanted: str) -> OperatorError:
    """That no converted model is meant, and what would have to be done first."""
    there = _converted(models)
    hint = f"Here are: {', '.join(there[-_SHOWN:])}." if there else "None is converted yet."
    sources = naming.meant((path.stem for path in models.glob("*.onnx")), wanted)
    if sources:
        hint = f"It is not converted yet: `{called()} convert {clean(sources[0], 100)}`."
    return OperatorError(
        f"There is no converted model {clean(wanted, 100)} here.", hint=hint, code="missing"
    )


def _converted(models: Path) -> list[str]:
    """Names of the RKNN files, without second names (links), the oldest first."""
    found = [path for path in models.glob("*.rknn") if not path.is_symlink()]
    return [path.stem for path in sorted(found, key=lambda path: (_age(path), path.name))]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _several(wanted: str, found: Sequence[str]) -> OperatorError:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return OperatorError(
        f"{clean(wanted, 100)} means several models here: "
        f"{', '.join(clean(name, 100) for name in found[:_SHOWN])}{more}.",
        hint="Give the whole name.",
        code="ambiguous",
    )
