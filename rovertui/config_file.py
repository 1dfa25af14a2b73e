"""Reading ``config.toml``, refusing it in words, and writing the documented first one."""

from __future__ import annotations

import json
import math
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import msgspec.inspect

from rovertui.called import called
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import write_whole
from rovertui.reading import contents
from rovertui.schema import OUTPUT_SCALES, Section, number
from rovertui.text import clean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = "config.toml"
_LARGEST = 1 << 20
_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
"""Types as msgspec names them, and as an operator does."""
_NOT_ONE_OF = "Invalid enum value "
_MOST_VALUES = 32 << 20
TARGETS = (
    *("rk3588", "rk3588s", "rk3576", "rk3568", "rk3566", "rk3562"),
    *("rv1126b", "rv1106", "rv1106b", "rv1103", "rv1103b", "rk2118"),
)
"""What rknn-toolkit2 2.5.0 builds for, as it says itself."""


def load(path: Path) -> Config:
    """Read and check a configuration.

    Raises:
        OperatorError: the file, the key, what is allowed and what was found.
    """
    try:
        text = contents(path, _LARGEST).decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise OperatorError(
            f"{path}: there is no configuration.", hint=f"Run `{called()} init` there to write one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path}: cannot be read: {error}.") from None
    return parse(text, str(path))


def parse(text: str, name: str = NAME) -> Config:
    """Check the text of a configuration; ``name`` is what errors call it."""
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"{name}: not valid TOML: {clean(str(error), 300)}.") from None
    except msgspec.ValidationError as error:  # a ValueError too: before those
        said, _, where = clean(str(error), 600).partition(" - at `$")
        key = where.strip("`.") or "the file"
        if said.startswith(_NOT_ONE_OF):
            allowed = ", ".join(_allowed(key))
            said = f"expected one of {allowed}, found {said.removeprefix(_NOT_ONE_OF)}"
        elif said.startswith("Expected"):
            for kind, meant in _KINDS.items():
                said = said.replace(f"`{kind}`", meant)
        raise OperatorError(
            f"{name}: {key}: {said[0].lower()}{said[1:]}.",
            hint=f"The comments in {NAME} say what is allowed; `{called()} init DIRECTORY` writes "
            "one that has them all.",
        ) from None
    except (RecursionError, ValueError, OverflowError) as error:
        raise OperatorError(f"{name}: not valid TOML: {clean(str(error), 300)}.") from None
    _check(config, name)
    return config


def _allowed(key: str) -> Sequence[str]:
    """The words that ``key``, as msgspec names its place, may have."""
    kind: Any = msgspec.inspect.type_info(Config)
    for part in re.findall(r"(?<!\[)\b\w+|\[", key):
        if isinstance(kind, msgspec.inspect.StructType):
            kind = next(field.type for field in kind.fields if field.name == part)
        else:
            kind = getattr(kind, "value_type", None) or kind.item_type
        while isinstance(kind, msgspec.inspect.Metadata):
            kind = kind.type
    return tuple(kind.values)


def _check(config: Config, name: str) -> None:
    if config.capture.schema not in config.schemas:
        known = ", ".join(sorted(config.schemas))
        raise OperatorError(
            f"{name}: capture.schema: expected one of {known}, found {config.capture.schema!r}."
        )
    if config.conversion.target.lower() not in TARGETS:
        raise OperatorError(
            f"{name}: conversion.target: expected one of {', '.join(TARGETS)}, "
            f"found {config.conversion.target!r}."
        )
    build = config.conversion
    if build.pause_above and build.resume_below >= build.pause_above:
        raise OperatorError(
            f"{name}: conversion.resume_below: expected less than pause_above "
            f"({build.pause_above:g}), found {build.resume_below:g}."
        )
    if build.where == "v620" and not config.v620.host:
        raise OperatorError(
            f'{name}: conversion.where: "v620" needs a training server, and v620.host is empty.'
        )
    if config.npu.stand_in and not config.simulated:
        raise OperatorError(
            f"{name}: npu.stand_in: expected false outside a simulation "
            '(source.kind = "simulated").',
            hint="On a rover the NPU itself is used.",
        )
    if config.v620.pattern.count("*") != 1:
        raise OperatorError(
            f"{name}: v620.pattern: expected exactly one *, found {config.v620.pattern!r}."
        )
    if "/" in config.node.link or not config.node.link.endswith(".rknn"):
        raise OperatorError(
            f"{name}: node.link: expected a file name ending in .rknn, found {config.node.link!r}."
        )
    for key in _endless(msgspec.to_builtins(config), ""):
        raise OperatorError(f"{name}: {key}: expected a number, found one without end.")
    for schema_name, schema in config.schemas.items():
        where = f"{name}: schemas.{schema_name}"
        for array_name, array in schema.arrays.items():
            if not array.shape or min(array.shape) < 1 or math.prod(array.shape) > _MOST_VALUES:
                raise OperatorError(
                    f"{where}.arrays.{array_name}.shape: expected sizes of 1 or more and at most "
                    f"{_MOST_VALUES} values, found {array.shape}."
                )
        for input_name, given in schema.inputs.items():
            if given.array not in schema.arrays:
                raise OperatorError(
                    f"{where}.inputs.{input_name}.array: expected one of "
                    f"{', '.join(schema.arrays)}, found {given.array!r}."
                )
            for key in ("feed_scale", "net_scale"):
                value = getattr(given, key)
                if key == "net_scale" and value == "ask":
                    continue
                if not _usable(value):
                    raise OperatorError(
                        f"{where}.inputs.{input_name}.{key}: expected a number other than 0, "
                        f'such as "1" or "1/255", found {value!r}.'
                    )
        for output_name, output in schema.outputs.items():
            for entry in output.numbers:
                if entry.scale not in OUTPUT_SCALES and not _usable(entry.scale):
                    raise OperatorError(
                        f"{where}.outputs.{output_name}.numbers {entry.name}: scale: expected "
                        f"{', '.join(OUTPUT_SCALES)} or a number other than 0, found "
                        f"{entry.scale!r}."
                    )
        for axis in (*schema.axes, *schema.coverage):
            if axis.low >= axis.high or (axis.scale == "log" and axis.low <= 0):
                raise OperatorError(
                    f"{where}.axes {axis.name}: expected low < high (and low > 0 for log), "
                    f"found {axis.low} and {axis.high}."
                )


def _endless(value: Any, where: str) -> Iterator[str]:
    """The keys whose value is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield where
    pairs = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else pairs:
        yield from _endless(inner, f"{where}.{key}".lstrip("."))


def _usable(scale: str) -> bool:
    try:
        return number(scale) != 0
    except (ValueError, ZeroDivisionError, OverflowError):
        return False


def create(path: Path, config: Config | None = None, heading: str = "") -> None:
    """Write a documented configuration; an existing file is never touched."""
    if path.exists():
        raise OperatorError(f"{path}: already exists, and is not written anew.")
    write_whole(path, render(config or Config(), heading).encode())


def render(config: Config, heading: str = "") -> str:
    """``config`` as TOML in which every key is explained."""
    lines = [f"# {line}" for line in textwrap.wrap(heading or _HEADING, 94)]
    _table(config, "", lines, set())
    return "\n".join(lines) + "\n"


_HEADING = (
    "rovertui reads this file when its daemon starts, and changes a value in it only when told to "
    "(`rovertui init`, `rovertui configure`); all else stays as you wrote it. Every key is shown "
    "with its present value; a key that is left out has the value that `rovertui init` writes."
)


def _table(section: Section, prefix: str, lines: list[str], told: set[str]) -> None:
    hints = get_type_hints(type(section), include_extras=True)
    tables: list[tuple[str, Section]] = []
    plain: list[str] = []
    for key in section.__struct_fields__:
        value = getattr(section, key)
        if isinstance(value, Section):
            tables.append((f"{prefix}{key}", value))
        elif isinstance(value, dict) and not any(isinstance(v, Section) for v in value.values()):
            plain.append(key)
        elif isinstance(value, dict):
            tables += [(f"{prefix}{key}.{name}", child) for name, child in value.items()]
        else:
            _explain(type(section).__name__, key, hints[key], lines, told)
            lines.append(f"{key} = {value_text(value)}")
    for key in plain:
        lines += ["", f"[{prefix}{key}]"]
        _explain(type(section).__name__, key, hints[key], lines, told)
        lines += [f"{value_text(k)} = {value_text(v)}" for k, v in getattr(section, key).items()]
    for path, child in tables:
        lines += ["", f"[{path}]"]
        _table(child, f"{path}.", lines, told)


def _explain(owner: str, key: str, hint: Any, lines: list[str], told: set[str]) -> None:
    """Say what a key means, and what the keys of the tables in its list mean, once a file."""
    if f"{owner}.{key}" in told:
        return
    told.add(f"{owner}.{key}")
    text = _description(hint)
    element = next((a for a in get_args(get_args(hint)[0]) if _is_section(a)), None)
    if element is not None:
        inner = get_type_hints(element, include_extras=True)
        text += " Keys: " + "; ".join(
            f"{k}: {_description(h).rstrip('.')}" for k, h in inner.items()
        )
    lines += [f"# {line}" for line in textwrap.wrap(text, 94)]


def _is_section(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Section)


def _description(hint: Any) -> str:
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    return ""


def value_text(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, (str, bool, int)):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Section):
        pairs = (f"{key} = {value_text(getattr(value, key))}" for key in value.__struct_fields__)
        return "{ " + ", ".join(pairs) + " }"
    if value and isinstance(value[0], Section):
        return "[\n" + "".join(f"  {value_text(item)},\n" for item in value) + "]"
    return "[" + ", ".join(value_text(item) for item in value) + "]"
