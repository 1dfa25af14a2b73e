"""Looks that take a moment and change nothing: the report, a check before converting, a feed."""

from __future__ import annotations

from typing import Any

import msgspec

from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.workspace import Workspace


def look(workspace: Workspace, config: Config, params: dict[str, Any]) -> dict[str, Any]:
    """One look; blocks for up to some seconds.

    Args:
        params: ``what`` (``report``, ``doctor``, ``check`` or ``feed``) and, for the latter two,
            ``model``; for ``check`` also ``precision``.

    Returns:
        The plain data that the command prints with ``--json``, and ``lines``, the same for a
        person.

    Raises:
        OperatorError: there is no such look, or no such model.
    """
    what, model = params.get("what"), params.get("model") or ""
    precision = params.get("precision") or ""
    if not isinstance(model, str) or not isinstance(precision, str):
        raise OperatorError("look: expected text for model and precision.", code="protocol")
    if what == "report":
        from rovertui.operations import reporting

        found = reporting.report(workspace, config, (model,) if model else ())
        return {**found, "lines": reporting.lines(found)}
    if what == "doctor":
        from rovertui.operations import doctor

        findings = doctor.examine(workspace)
        return {
            "findings": [msgspec.to_builtins(finding) for finding in findings],
            "lines": doctor.lines(findings),
        }
    if what == "check":
        from rovertui.operations import checking

        found, lines = checking.check_report(workspace, config, model, precision)
        return {**found, "lines": lines}
    if what == "feed":
        from rovertui.conversion import feeding
        from rovertui.operations import reporting

        name, sheet = reporting.model_sheet(workspace, config, model)
        return {"model": name, "lines": feeding.python(sheet, name).splitlines()}
    raise OperatorError(f"There is no look {clean(str(what), 60)!r}.", code="protocol")
