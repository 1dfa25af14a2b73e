"""Reading the models that are here: the report across them, and the sheet of one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from rovertui.config import Config
from rovertui.conversion import sheet, summary
from rovertui.conversion.sheet import Sheet
from rovertui.deployment.entry import MODEL
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.operations import names
from rovertui.operations.context import place_of
from rovertui.reading import contents
from rovertui.text import clean
from rovertui.workspace import Workspace


def report(workspace: Workspace, config: Config, models: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every converted model with a sheet: see :mod:`rovertui.conversion.summary`.

    Args:
        models: only these models, checkpoints or steps; what they are compared with need not be
            named.

    Returns:
        ``headline`` (is the newest better than the one before?), ``models`` (rows), ``problems``
        (files without a usable sheet), ``limits``.

    Raises:
        OperatorError: a model was named that is not here.
    """
    directory = workspace.models(config)
    place = place_of(workspace, config)
    live = place.switch.standing()
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
        found.append((path.stem, read, read.rknn_sha256 == live.sha256))
    if live.entry is not None and live.name and not any(is_live for _, _, is_live in found):
        # The file of its name was built anew since: the figures of what is live lie beside it.
        shelf = place.switch.shelf
        with contextlib.suppress(OperatorError):
            stored = (shelf.directory(live.entry.number) / MODEL).resolve()
            found.append((live.name, sheet.load(stored), True))
    rows = summary.build(found)
    for row in rows:
        row["earlier_live"] = not row["live"] and row["model"] == live.name
    if models:
        meant = set[str]()
        known = {row["model"] for row in rows}
        for name in models:
            found_here = set(names.converted(directory, name)) & known
            if not found_here:
                raise names.missing(directory, name)
            meant |= found_here
        rows = [row for row in rows if row["model"] in meant]
    limits = config.limits
    return {
        "headline": summary.headline(rows),
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
    out = [found["headline"]] if found["headline"] else []
    out += summary.table(found["models"]) if found["models"] else ["No converted model here yet."]
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
        model: ``NAME_PRECISION``, a file, or a checkpoint or step with one conversion only.

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
    if "/" in model:
        return Path(model).stem, sheet.load(Path(model))
    name = names.one_converted(directory, model)
    return name, sheet.load(directory / f"{name}.rknn")


def _live_sheet(link: Path) -> Sheet:
    """The sheet beside the live link, which is bound to it by its hash."""
    try:
        path = link.with_suffix(".json")
        found = sheet.decode(contents(path, sheet.LARGEST), path.name)
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
