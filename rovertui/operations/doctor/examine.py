"""All looks, one after another; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.keys.own import remapped
from rovertui.machine.read import Root
from rovertui.operations.doctor import board, conversion, machine, reach, rover
from rovertui.operations.doctor.finding import Finding, Patient, State
from rovertui.workspace import Workspace

_LOOKS: tuple[Callable[[Patient], Finding], ...] = (
    machine.disk,
    machine.writable,
    machine.staying,
    conversion.toolkit_there,
    conversion.pins,
    conversion.opengl,
    conversion.inputs,
    board.driver,
    board.runtime,
    board.lite,
    reach.tap,
    reach.v620,
    reach.sshd,
    rover.camera,
    rover.ros,
    rover.node,
)

# What is missing first: it must not scroll away above what is well.
_ORDER: tuple[State, ...] = ("missing", "warning", "ok", "n/a")
_MARKS: dict[State, str] = {"ok": "ok  ", "warning": "WARN", "missing": "MISS", "n/a": "n/a "}


def examine(workspace: Workspace, root: Path = Path("/")) -> list[Finding]:
    """Look at everything the program needs, what is missing first; takes some seconds.

    Args:
        root: the file system, or a tree that looks like one.
    """
    tree = Root(root)
    findings = [machine.python(), machine.clock(tree, workspace), machine.memory(tree)]
    try:
        config = workspace.load()
    except OperatorError as error:
        remedy = error.hint or "Correct it there: every key is explained in that file."
        return _worst_first([*findings, Finding("config", "missing", error.message, remedy)])
    try:
        remapped(config.keys)
    except OperatorError as error:
        remedy = error.hint or "Correct it there: every key is explained in that file."
        findings.append(Finding("config", "missing", error.message, remedy))
    else:
        findings.append(Finding("config", "ok", str(workspace.config_path)))
    patient = Patient(workspace, config, tree)
    return _worst_first(findings + [look(patient) for look in _LOOKS])


def _worst_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.state))


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for a person, one a line, each with its remedy."""
    return [
        f"{_MARKS[finding.state]} {finding.name:<13} {finding.text}"
        + (f"  -> {finding.remedy}" if finding.remedy else "")
        for finding in findings
    ]
