"""Keys of the operator's own: ``[keys]`` of config.toml in the place of the table's."""

from __future__ import annotations

from collections.abc import Mapping

from rovertui.catalogue import BY_ID
from rovertui.errors import OperatorError
from rovertui.keys.command import Command
from rovertui.keys.table import BY_NAME, COMMANDS, MOVES, SHOWN, shown_key

_NAMED = {shown: key for key, shown in SHOWN.items()}
_TAKEN = {"q", "escape", *(key for move in MOVES for key in move.keys)}
_MOVING_SIGNS = {"/", "<", ">", " "}


def remapped(table: Mapping[str, str]) -> dict[str, str]:
    """Keys by command, those of ``table`` (``[keys]`` of config.toml) in the place of ours.

    Raises:
        OperatorError: all of: an unknown command, a key that moves, is taken or does not reach
            us, or a small letter for what changes the wheels' commands.
    """
    keys = {command.name: command.key for command in COMMANDS}
    wrong: list[OperatorError] = []
    for name, shown in table.items():
        try:
            keys[name] = _checked(name, shown)
        except OperatorError as error:
            wrong.append(error)
    used: dict[str, str] = {}
    for name, key in keys.items():
        if key and key in used:
            wrong.append(
                OperatorError(
                    f"config.toml: keys: {shown_key(key)!r} would mean {used[key]!r} and {name!r}.",
                    hint=f"Give {used[key]!r} or {name!r} another key.",
                )
            )
        used[key] = name
    if wrong:
        hints = dict.fromkeys(error.hint for error in wrong if error.hint)
        raise OperatorError(" ".join(error.message for error in wrong), hint=" ".join(hints))
    return keys


def _checked(name: str, shown: str) -> str:
    """The key that ``keys.name = shown`` gives."""
    where = f"config.toml: keys.{name} = {shown!r}"
    command = BY_NAME.get(name)
    if command is None:
        names = ", ".join(sorted(BY_NAME))
        raise OperatorError(f"{where}: there is no such command.", hint=f"There are: {names}.")
    if name in ("quit", "cancel", "help"):
        raise OperatorError(f"{where}: q, esc and ? mean the same everywhere and stay.")
    key = _NAMED.get(shown, shown)
    if not _plain(key):
        raise OperatorError(
            f"{where}: expected one letter, figure or sign, or f2 to f10.",
            hint="Keys with ctrl and alt are taken by tmux, editors and terminals.",
        )
    if key in _TAKEN or shown in _MOVING_SIGNS:
        raise OperatorError(f"{where}: that key moves, on every screen, and never acts.")
    if _wheels(command) and not key.isupper() and key != command.key:
        raise OperatorError(f"{where}: what changes the wheels' commands is a capital letter.")
    return key


def _plain(key: str) -> bool:
    if key in SHOWN or key in {f"f{number}" for number in range(2, 11)}:
        return True
    return len(key) == 1 and key.isascii() and key.isalnum()


def _wheels(command: Command) -> bool:
    return any("wheel" in BY_ID[operation].asks for operation in command.operations)
