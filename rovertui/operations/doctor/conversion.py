"""What converting needs: the toolkit, its pins, OpenGL, and what only a person can decide."""

from __future__ import annotations

import ctypes.util
import json
import re
import subprocess

from rovertui.called import called
from rovertui.conversion import questions
from rovertui.errors import OperatorError
from rovertui.operations import checking, toolkit
from rovertui.operations.doctor.finding import Finding, Patient
from rovertui.schema import Schema
from rovertui.text import clean

_PATIENCE = 20.0
_PINNED = ("rknn-toolkit2", "onnx", "numpy", "protobuf", "setuptools", "onnxruntime")
_VERSIONS = (
    "import json, sys\n"
    "from importlib.metadata import version, PackageNotFoundError\n"
    "found = {'python': '%d.%d' % sys.version_info[:2]}\n"
    "for name in sys.argv[1:]:\n"
    "    try: found[name] = version(name)\n"
    "    except PackageNotFoundError: found[name] = ''\n"
    "print(json.dumps(found))\n"
)


def toolkit_there(patient: Patient) -> Finding:
    build = patient.config.conversion
    if build.where == "v620":
        there = f"models are built on the V620 by {build.v620_python} (conversion.where)"
        return Finding("toolkit", "n/a", there)
    try:
        found = toolkit.require(patient.config.conversion.python)
    except OperatorError as error:
        remedy = error.hint if patient.config.conversion.python else f"{called()} toolkit install"
        return Finding("toolkit", "missing", error.message, remedy)
    return Finding("toolkit", "ok", str(found))


def pins(patient: Patient) -> Finding:
    """Whether the environment that converts holds what was tried together."""
    python = toolkit.python(patient.config.conversion.python)
    if python is None:
        return Finding("pins", "n/a", "there is no toolkit yet")
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", _VERSIONS, *_PINNED],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        remedy = f"Correct conversion.python, or {called()} toolkit install."
        return Finding("pins", "missing", f"{python} does not run", remedy)
    wanted = _wanted()
    absent = [name for name in wanted if not found.get(name)]
    other = [
        f"{name} {clean(found[name], 20)} (pinned {wanted[name]})"
        for name in wanted
        if found.get(name) and found[name] != wanted[name]
    ]
    remedy = (
        "Install the pinned versions there, or leave conversion.python empty."
        if patient.config.conversion.python
        else f"Remove its directory, then {called()} toolkit install."
    )
    if absent:
        return Finding("pins", "missing", f"not installed there: {', '.join(absent)}", remedy)
    if other:
        return Finding("pins", "warning", f"others than tried: {', '.join(other)}", remedy)
    shown = f"rknn-toolkit2 {found['rknn-toolkit2']} on Python {found['python']}"
    return Finding("pins", "ok", f"{shown}, all as pinned")


def _wanted() -> dict[str, str]:
    """The pins that are looked at, those whose condition depends on the machine left out."""
    out = {}
    for line in toolkit.pins().splitlines():
        found = re.match(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(;?)", line)
        if found and found[1].lower() in _PINNED and not found[3]:
            out[found[1].lower()] = found[2]
    return out


def opengl(patient: Patient) -> Finding:
    if toolkit.python(patient.config.conversion.python) is None:
        return Finding("libGL", "n/a", "only the toolkit's opencv needs it")
    if ctypes.util.find_library("GL") is None:
        remedy = "sudo apt-get install libgl1"
        return Finding("libGL", "warning", "the toolkit's opencv may lack libGL.so.1", remedy)
    return Finding("libGL", "ok", "libGL.so.1 is here")


def inputs(patient: Patient) -> Finding:
    """Whether somebody has said what each input is fed, and what training fed it."""
    config = patient.config
    try:
        decided = checking.decided(patient.workspace, config)
    except OperatorError as error:
        return Finding("inputs", "missing", error.message, error.hint)
    schema = questions.apply(config.schema, decided)
    open_ones = [name for name, given in schema.inputs.items() if given.net_scale == "ask"]
    if open_ones:
        return Finding(
            "inputs",
            "missing",
            f"nobody has said what training fed to {', '.join(open_ones)}",
            _ways_to_decide(open_ones[0], schema),
        )
    text = "sample, feed and net are stated for every input"
    answers = "; ".join(f"{key} = {made.text}" for key, made in decided.items())
    return Finding("inputs", "ok", f"{text}{f' ({answers})' if answers else ''}")


def _ways_to_decide(entry: str, schema: Schema) -> str:
    """Every answer as a command that can be copied as it stands."""
    choices = questions.about_scale(entry, schema).choices
    return " or ".join(
        f"{called()} decide {entry}.net_scale {value}" for _, value in choices if value
    )
