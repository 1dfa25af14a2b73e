"""Looking at a model, its inputs and the set before a conversion: in seconds, nothing built."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from rovertui.calibration.choice import Choice, calibration_files, check_files
from rovertui.calibration.report import report
from rovertui.calibration.simulated import simulated
from rovertui.called import called
from rovertui.config import Config
from rovertui.conversion import precheck, questions
from rovertui.conversion.precheck import Checked
from rovertui.conversion.questions import Decision
from rovertui.errors import OperatorError
from rovertui.operations import names, toolkit
from rovertui.text import clean
from rovertui.workspace import Workspace

RUNTIME = Path("/usr/lib/librknnrt.so")
_VERSION = re.compile(rb"librknnrt version: (\d+\.\d+\.\d+)")
_READ = 200
_TRIES = 5
_DOUBTS = ("large", "small", "narrow", "metadata", "meaning")

Ask = Callable[[str, Sequence[str]], "str | None"]


@dataclass(frozen=True)
class Chosen:
    """The samples of a conversion."""

    calibration: Choice
    checking: Choice
    directory: Path


def decided(workspace: Workspace, config: Config) -> dict[str, Decision]:
    """What the operator has decided for the schema in use."""
    return questions.load(workspace.decisions).get(config.capture.schema, {})


def choose(workspace: Workspace, config: Config, samples: str = "") -> Chosen:
    """The samples to calibrate and to check on; none where nothing was recorded yet.

    A recorder may replace a sample while they are read: then they are chosen anew.

    Raises:
        OperatorError: ``samples`` was named and is no directory, or it cannot be read.
        FileNotFoundError: the set changed during each of several tries.
    """
    directory = Path(samples) if samples else workspace.samples(config)
    if not samples and not directory.exists():
        none = Choice((), config.capture.schema, False, "nothing was recorded yet")
        return Chosen(none, none, directory)
    kind, kept = simulated(workspace, config), workspace.kept
    limit, tries = config.conversion.samples, _TRIES
    while True:
        try:
            return Chosen(
                calibration_files(directory, config, kept=kept, limit=limit, simulated=kind),
                check_files(directory, config, kept=kept, simulated=kind),
                directory,
            )
        except FileNotFoundError:
            tries -= 1
            if not tries:
                raise


def require_samples(workspace: Workspace, config: Config, precision: str) -> None:
    """Refuse what is bound to end at its conversion, before anything is fetched for it.

    Raises:
        OperatorError: there is no sample to calibrate on, and ``precision`` needs some.
    """
    if precision != "fp16" and not choose(workspace, config).calibration.files:
        raise OperatorError(
            f"There are no calibration samples of schema {config.capture.schema}, and every "
            "precision but fp16 needs them.",
            hint=f"Record some with `{called()} capture on`, or ask for --precision fp16.",
            code="no-samples",
        )


def check_model(
    workspace: Workspace,
    config: Config,
    source: Path,
    precision: str,
    chosen: Chosen,
    limit: int = _READ,
) -> Checked:
    """See :func:`rovertui.conversion.precheck.check`.

    Args:
        limit: how many samples to read at most for their ranges, evenly over the set.
    """
    files = [file.path for file in (*chosen.calibration.files, *chosen.checking.files)]
    read = files if len(files) <= limit else [files[i * len(files) // limit] for i in range(limit)]
    return precheck.check(
        source,
        config.capture.schema,
        config.schema,
        precision or config.conversion.precision,
        rover=config.rover,
        decided=decided(workspace, config),
        calibration=[file.path for file in chosen.calibration.files],
        checking=[file.path for file in chosen.checking.files],
        read=read,
        doubted={**chosen.checking.doubted, **chosen.calibration.doubted},
        free_memory=_free_memory(config),
        runtime=(runtime_version(), toolkit_version()),
    )


def _free_memory(config: Config) -> int | None:
    """Bytes for a conversion here; another machine is asked when it is begun."""
    return psutil.virtual_memory().available if config.conversion.where == "here" else None


def check_report(
    workspace: Workspace, config: Config, model: str, precision: str = "", samples: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """``rovertui convert MODEL --check``: as plain data, and as lines for a person.

    Raises:
        OperatorError: there is no such model or directory.
    """
    source = names.onnx(workspace.models(config), model)
    chosen = choose(workspace, config, samples)
    checked = check_model(workspace, config, source, precision, chosen)
    found = precheck.as_dict(checked)
    whole = _report(workspace, config, chosen)
    unusable = whole["bad"] + whole["other"]
    found["changed"] = whole["changed"]
    found["usable"] = len(chosen.calibration.files)
    found["checking"] = len(chosen.checking.files)
    found["unusable"] = unusable
    found["unconnected"] = list(chosen.calibration.notes)
    lines = precheck.table(checked)
    lines.append(f"  samples: {chosen.calibration.text}")
    lines += [f"    {note}." for note in chosen.calibration.notes]
    lines += [f"    {change['text']}." for change in whole["changed"]]
    lines += [f"    {bad['file']}: {bad['problem']}" for bad in unusable[:5]]
    if len(unusable) > 5:
        lines.append(f"    and {len(unusable) - 5} more (`{called()} dataset report`)")
    for row in found["inputs"]:
        lines += [f"  {key} = {text}" for key, text in row.get("decided", {}).items()]
    lines += [f"  note: {warning}" for warning in checked.warnings]
    lines += [f"  not {rung}: {why}" for rung, why in checked.left_out.items()]
    lines.append(f"verdict: {checked.verdict.upper()}")
    lines += [f"  {reason}" for reason in checked.reasons]
    lines += [
        f"  answer: {called()} decide {question.key} "
        + " | ".join(value for _, value in question.choices if value)
        for question in checked.questions
    ]
    return found, lines


def _report(workspace: Workspace, config: Config, chosen: Chosen) -> dict[str, Any]:
    if not chosen.directory.is_dir():
        return {"bad": [], "other": [], "changed": []}
    return report(chosen.directory, config, workspace.kept)


def settle(workspace: Workspace, config: Config, checked: Checked, ask: Ask) -> bool:
    """Put the open questions to whoever is there, and keep the answers.

    Returns:
        Whether anything was answered.

    Raises:
        OperatorError: something stands against the conversion, or a question has no answer.
    """
    if checked.verdict == "refused":
        first = checked.reasons[0]
        more = len(checked.reasons) - 1
        also = f" ({more} more: `{called()} convert {checked.found.model.name} --check`)"
        raise OperatorError(first + (also if more else ""), code=checked.code)
    for question in checked.questions:
        answer = ask(question.text, question.words)
        value = question.value(answer)
        if not value:
            raise OperatorError(
                question.text,
                hint=_way_out(config.capture.schema, question.key, question.choices),
                code="ask",
            )
        questions.record(workspace.decisions, config.capture.schema, question, value, _who())
    return bool(checked.questions)


def decidable(config: Config) -> dict[str, tuple[str, ...]]:
    """Every key that :func:`decide` takes under the schema in use, and the answers to each."""
    schema, found = config.schema, dict[str, tuple[str, ...]]()
    for entry, given in schema.inputs.items():
        if given.net_scale == "ask":
            question = questions.about_scale(entry, schema)
            found[question.key] = tuple(value for _, value in question.choices if value)
        found |= {f"{entry}.{what}": (questions.RIGHT,) for what in _DOUBTS}
    return found


def decide(workspace: Workspace, config: Config, key: str, value: str, who: str = "") -> Decision:
    """Answer a question without being asked: ``INPUT.net_scale`` or ``INPUT.narrow`` and so on.

    Raises:
        OperatorError: there is no such input or question, or the answer is none of its own.
    """
    entry, _, what = key.partition(".")
    schema = config.schema
    if entry not in schema.inputs or what not in ("net_scale", *_DOUBTS):
        raise OperatorError(
            f"{clean(key, 80)}: expected INPUT.net_scale, .{', .'.join(_DOUBTS)} with one of the "
            f"inputs {', '.join(schema.inputs)}.",
            hint=f"`{called()} convert MODEL --check` lists the open questions.",
        )
    if what == "net_scale":
        question = questions.about_scale(entry, schema)
        if schema.inputs[entry].net_scale != "ask":
            raise OperatorError(
                f"{clean(key, 80)} is set in config.toml to {schema.inputs[entry].net_scale!r}.",
                hint="Change it there.",
            )
    else:
        question = questions.Question(key, f"{entry}: {what}", (("right", questions.RIGHT),))
    found = question.value(value)
    if not found:
        allowed = ", ".join(v for _, v in question.choices if v)
        raise OperatorError(
            f"{clean(key, 80)}: expected one of {allowed}, found {clean(value, 40)!r}."
        )
    return questions.record(
        workspace.decisions, config.capture.schema, question, found, who or _who()
    )


def runtime_version(library: Path = RUNTIME) -> str:
    """The version that the NPU's runtime on this machine says of itself; empty without one."""
    try:
        found = _VERSION.search(library.read_bytes())
    except OSError:
        return ""
    return found[1].decode() if found else ""


def toolkit_version() -> str:
    """The pinned version of rknn-toolkit2."""
    found = re.search(r"^rknn-toolkit2==([\d.]+)", toolkit.pins(), re.MULTILINE)
    return found[1] if found else ""


def _way_out(schema: str, key: str, choices: Sequence[tuple[str, str]]) -> str:
    values = " or ".join(f"`{called()} decide {key} {value}`" for _, value in choices if value)
    entry, _, what = key.partition(".")
    also = f", or set schemas.{schema}.inputs.{entry}.net_scale" if what == "net_scale" else ""
    return f"Answer with {values}{also}."


def _who() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
