"""Changes single values in the text of a ``config.toml``; comments and all else stay."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rovertui import config_file
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import write_whole

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Setting = str | bool | int | float | list[str]

_TABLE = re.compile(r"\s*\[(?P<name>[^\[\]]+)\]\s*(#.*)?$")
_ANY_TABLE = re.compile(r"\s*\[")
_LONGEST_VALUE = 400


def write(
    path: Path,
    settings: Mapping[str, Setting],
    check: Callable[[Config], object] = lambda config: None,
) -> Config:
    """Set each ``section.key`` in the file to its value; the file is written whole or not at all.

    Args:
        check: raises OperatorError where what comes out is not to be written.

    Returns:
        The configuration as it is now.

    Raises:
        OperatorError: a key does not exist, a value is not allowed, or the file is written in a
            way that cannot be changed without losing something. Nothing is written then.
    """
    try:
        before = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path}: cannot be read: {error}.") from None
    config_file.parse(before, str(path))
    after = changed(before, settings)
    found = config_file.parse(after, str(path))
    check(found)
    if after != before:
        # A link stays one: what it points to is written.
        write_whole(path.resolve(), after.encode(), mode=path.stat().st_mode & 0o777)
    return found


def changed(text: str, settings: Mapping[str, Setting]) -> str:
    """``text`` with each ``section.key`` set to its value; an empty key of the operator's own
    is taken out, so that ours holds again.

    Raises:
        OperatorError: the file's form keeps a value from being changed alone.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    wanted = tomllib.loads(text)
    for name, value in settings.items():
        section, _, key = name.rpartition(".")
        if not section or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", name):
            raise OperatorError(f"{name}: expected SECTION.KEY, such as v620.host.")
        if section == "keys" and value == "":
            lines = _without(lines, section, key)
            wanted.get(section, {}).pop(key, None)
        else:
            lines = _set(lines, section, key, config_file.value_text(value))
            _put(wanted, name.split("."), value)
    made = "\n".join(lines)
    try:
        same = tomllib.loads(made) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        names = ", ".join(f"{k} = {config_file.value_text(v)}" for k, v in settings.items())
        raise OperatorError(
            "config.toml is written in a way that this program cannot change by itself.",
            hint=f"Edit it: {names}.",
        )
    return made.replace("\n", ending)


def read_value(text: str) -> Setting:
    """What is typed for a value: as TOML has it, or a word without quotes."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    known = isinstance(value, (str, bool, int, float)) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )
    return value if known else text


def _put(tree: dict[str, Any], path: list[str], value: Setting) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            raise OperatorError(f"config.toml: {name} is not a section there.")
    tree[path[-1]] = copy.copy(value)


def _set(lines: list[str], section: str, key: str, value: str) -> list[str]:
    head = _section(lines, section)
    if head is None:
        gap = [""] if lines and lines[-1] == "" else ["", ""]
        while lines and lines[-1] == "":
            lines = lines[:-1]
        return [*lines, *gap[:1], f"[{section}]", f"{key} = {value}", ""]
    end = _end_of_section(lines, head)
    place = head + 1
    while place < end:
        last = _end_of_value(lines, place, end)
        if last is not None:
            if _key_of(lines[place]) == key:
                return [
                    *lines[:place],
                    f"{key} = {value}{_comment(lines[place : last + 1])}",
                    *lines[last + 1 :],
                ]
            place = last
        place += 1
    # Behind the last key of the section, before the blank lines and comments that follow it.
    after = max((i for i in range(head, end) if _key_of(lines[i])), default=head)
    after = _end_of_value(lines, after, end) or after
    return [*lines[: after + 1], f"{key} = {value}", *lines[after + 1 :]]


def _without(lines: list[str], section: str, key: str) -> list[str]:
    head = _section(lines, section)
    if head is None:
        return lines
    for place in range(head + 1, _end_of_section(lines, head)):
        last = _end_of_value(lines, place, len(lines))
        if last is not None and _key_of(lines[place]) == key:
            return [*lines[:place], *lines[last + 1 :]]
    return lines


def _section(lines: list[str], name: str) -> int | None:
    for index in _heads(lines, 0):
        found = _TABLE.match(lines[index])
        if found and found["name"].replace(" ", "").replace('"', "") == name:
            return index
    return None


def _end_of_section(lines: list[str], head: int) -> int:
    return next(_heads(lines, head + 1), len(lines))


def _heads(lines: list[str], place: int) -> Iterator[int]:
    """The lines from ``place`` on in which a table begins; what is inside a value is none."""
    while place < len(lines):
        last = _end_of_value(lines, place, len(lines))
        if last is not None:
            place = last
        elif _ANY_TABLE.match(lines[place]):
            yield place
        place += 1


_KEY = re.compile(
    r"""\s*(?:"(?P<quoted>[^"]+)"|'(?P<single>[^']+)'|(?P<bare>[A-Za-z0-9_-]+))\s*="""
)


def _key_of(line: str) -> str | None:
    found = _KEY.match(line)
    return (found["quoted"] or found["single"] or found["bare"]) if found else None


def _end_of_value(lines: list[str], place: int, end: int) -> int | None:
    """The last line of the value that begins in ``place``; None where none begins there."""
    if _key_of(lines[place]) is None:
        return None
    for last in range(place, min(end, place + _LONGEST_VALUE)):
        try:
            tomllib.loads("\n".join(lines[place : last + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return last
    return None


def _comment(lines: list[str]) -> str:
    """The comment behind a value of one line, with the blanks before it."""
    if len(lines) != 1:
        return ""
    line = lines[0]
    whole = tomllib.loads(line)
    for place, char in enumerate(line):
        if char != "#":
            continue
        try:
            before = tomllib.loads(line[:place])
        except tomllib.TOMLDecodeError:
            continue
        if before == whole:
            bare = line[:place].rstrip()
            return line[len(bare) :]
    return ""
