"""Reading the models that are here: the report across them, and the sheet of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rovertui.config import Config
from rovertui.conversion import naming, sheet, summary
from rovertui.conversion.sheet import Sheet
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.text import clean
from rovertui.workspace import Workspace


def report(workspace: Workspace, config: Config, models: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every converted model with a sheet: see :mod:`rovertui.conversion.summary`.

    Args:
        models: only these checkpoints or models; what they are compared with need not be named.

    Returns:
        ``models`` (rows), ``problems`` (files without a usable sheet), ``limits``.

    Raises:
        OperatorError: a model was named that is not here.
    """
    directory = workspace.models(config)
    live = _live(directory / config.node.link)
    found: list[tuple[str, Sheet, bool]] = []
    problems = []
    for path in sorted(directory.glob("*.rknn")):
        if path.is_symlink():
            continue
        try:
            read = sheet.load(path)
        except OperatorError as error:
            problems.append({"model": clean(path.stem, 200), "problem": error.message})
            continue
        found.append((path.stem, read, read.rknn_sha256 == live))
    rows = summary.build(found)
    for name in models:
        if not any(name in (row["model"], row["checkpoint"]) for row in rows):
            raise OperatorError(
                f"There is no converted model {clean(name, 100)} with a sheet here.",
                hint=f"Here are: {', '.join(row['model'] for row in rows[:6]) or 'none'}.",
                code="missing",
            )
    if models:
        rows = [row for row in rows if {row["model"], row["checkpoint"]} & set(models)]
    limits = config.limits
    return {
        "models": rows,
        "problems": problems,
        "limits": {
            "mean": limits.mean,
            "largest": limits.largest,
            "over": limits.over,
            "share_over": limits.share_over,
            "frames": limits.frames,
        },
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The report for a person."""
    out = summary.table(found["models"]) if found["models"] else ["No converted model here yet."]
    out += [f"{problem['model']}: {problem['problem']}" for problem in found["problems"]]
    limits = found["limits"]
    out.append(
        f"limits: mean {limits['mean']:g}, largest {limits['largest']:g}, at most "
        f"{limits['share_over']:.1%} of frames off by more than {limits['over']:g}"
    )
    return out


def model_sheet(workspace: Workspace, config: Config, model: str = "") -> tuple[str, Sheet]:
    """A model's name and its sheet: the live one without a name.

    Args:
        model: ``NAME_PRECISION``, a file, or a checkpoint with one conversion only.

    Raises:
        OperatorError: there is none, or several.
    """
    directory = workspace.models(config)
    if not model:
        link = directory / config.node.link
        if not link.exists():
            raise OperatorError(
                "No model is live here.", hint="Name one: NAME_PRECISION.", code="missing"
            )
        return Path(link.resolve()).stem, _live_sheet(link)
    if "/" in model or model.endswith(".rknn"):
        path = Path(model) if "/" in model else directory / model
        return path.stem, sheet.load(path)
    exact = naming.rknn_path(directory, *naming.split(model))
    if exact.exists():
        return model, sheet.load(exact)
    several = [path for path in sorted(directory.glob("*.rknn")) if not path.is_symlink()]
    mine = [path for path in several if naming.split(path.stem)[0] == model]
    if len(mine) != 1:
        there = ", ".join(path.stem for path in (mine or several)[:6]) or "none"
        raise OperatorError(
            f"Expected one converted model {clean(model, 100)}, found {len(mine)}.",
            hint=f"Here are: {there}.",
            code="missing",
        )
    return mine[0].stem, sheet.load(mine[0])


def _live_sheet(link: Path) -> Sheet:
    """The sheet beside the live link, which is bound to it by its hash."""
    try:
        found = sheet.decode(link.with_suffix(".json").read_bytes(), link.with_suffix(".json").name)
    except OSError as error:
        raise OperatorError(
            f"{link.name} has no model sheet: {error.strerror}.",
            hint="Deploy a model that was converted here.",
            code="sheet",
        ) from None
    if found.rknn_sha256 != sha256_of(link):
        raise OperatorError(
            f"The sheet beside {link.name} belongs to another model.",
            hint="Somebody else changed the link: deploy again.",
            code="sheet",
        )
    return found


def _live(link: Path) -> str:
    try:
        return sha256_of(link)
    except OSError:
        return ""
