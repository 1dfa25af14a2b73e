"""Exporting a checkpoint to ONNX on the server, by the trainer's own code."""

from __future__ import annotations

import re
import shlex
import time

from rovertui.errors import OperatorError
from rovertui.remote.checkpoints import Checkpoint, remote_path
from rovertui.remote.output import blocks
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import clean, duration

_LAST_LINES = 3
_LONGEST_LINE = 1 << 16
_NO_DIRECTORY, _SIDE_FILE, _IN_THE_WAY = 121, 122, 123
_PLACES = re.compile(r"\{(pt|onnx)\}")

# The exporter gets no input and is ended when our side of the channel closes; what it makes has
# a name of ours until it is whole. POSIX gives background commands an empty input, hence the 3.
# A shell that says "Terminated" into a closed channel must live to clear up, hence the trap.
_SCRIPT = """\
trap '' PIPE HUP
d=$(cd {directory} && pwd -P) && cd {where} || exit {no_directory}
pt="$d"/{pt}; onnx="$d"/{making}; final="$d"/{onnx}
[ -e "$final" ] && exit {in_the_way}
rm -f "$onnx" "$onnx".data
exec 3<&0
{words} </dev/null 2>&1 &
p=$!
( cat <&3; kill $p ) >/dev/null 2>&1 &
k=$!
wait $p; s=$?
kill $k 2>/dev/null
[ $s -eq 0 ] && [ -e "$onnx".data ] && s={side_file}
[ $s -eq 0 ] && mv -n "$onnx" "$final" || s=$(( s ? s : 1 ))
rm -f "$onnx" "$onnx".data
exit $s
"""


def export(
    link: Link,
    directory: str,
    checkpoint: Checkpoint,
    command: list[str],
    where: str,
    limit: float,
    reporter: Reporter,
) -> float:
    """Make the ONNX of a checkpoint that has only its ``.pt``; seconds it took.

    Args:
        link: connected when needed.
        directory: the checkpoint directory on the server.
        checkpoint: from a listing of that directory, so that its name is one of a checkpoint.
        command: program and arguments there; ``{pt}`` and ``{onnx}`` become the two files.
        where: the directory in which it runs.
        limit: seconds it may take.
        reporter: gets every line it prints; cancelling ends it there.

    Raises:
        OperatorError: nothing to export, no such directory, or the exporter failed.
        Cancelled: the operator asked for it.
    """
    if checkpoint.pt is None or checkpoint.has_onnx:
        why = "has an ONNX already" if checkpoint.has_onnx else "has no .pt on the server"
        raise OperatorError(f"{checkpoint.name} {why}.", hint="Pull it (p).", code="refused")
    if checkpoint.growing:
        raise OperatorError(
            f"{checkpoint.name} is still being written on the server.",
            hint="Try again in a few seconds.",
            code="growing",
        )
    if not any("{pt}" in word for word in command) or not any("{onnx}" in w for w in command):
        raise OperatorError(
            "v620.export_command: expected words that hold {pt} and {onnx}.",
            hint="The comments in config.toml show one.",
            code="not-configured",
        )
    script = _SCRIPT.format(
        directory=shlex.quote(remote_path(directory)),
        where=shlex.quote(remote_path(where)),
        pt=shlex.quote(checkpoint.pt.name),
        onnx=shlex.quote(f"{checkpoint.name}.onnx"),
        making=shlex.quote(f".rovertui-{checkpoint.name}.onnx"),
        words=" ".join(_word(word) for word in command),
        no_directory=_NO_DIRECTORY,
        side_file=_SIDE_FILE,
        in_the_way=_IN_THE_WAY,
    )
    started = time.monotonic()
    last: list[str] = []

    def in_time() -> None:
        reporter.check()
        if time.monotonic() - started > limit:
            raise OperatorError(
                f"{checkpoint.name}: the exporter took longer than {duration(limit)} and was "
                "ended.",
                hint="Raise v620.export_timeout, or look at the server's load.",
            )

    with link.program(f"sh -c {shlex.quote(script)}") as program:
        rest = b""
        for block in blocks(program, in_time):
            *lines, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
            for line in [*lines, *([rest] if len(rest) > _LONGEST_LINE else [])]:
                _take(line, last, reporter)
            rest = b"" if len(rest) > _LONGEST_LINE else rest
        _take(rest, last, reporter)
        status = program.recv_exit_status()
    if status:
        raise _failure(checkpoint, status, last, directory, where)
    return time.monotonic() - started


def _word(word: str) -> str:
    """One word for the shell there, with its places filled from the script's variables."""
    parts = _PLACES.split(word)
    return (
        "".join(
            f'"${part}"' if index % 2 else shlex.quote(part) for index, part in enumerate(parts)
        ).replace("''", "")
        or "''"
    )


def _take(line: bytes, last: list[str], reporter: Reporter) -> None:
    text = clean(line.decode("utf-8", "replace"))
    if text.strip():
        reporter.log(text)
        last[:] = [*last[1 - _LAST_LINES :], text.strip()]


def _failure(
    checkpoint: Checkpoint, status: int, last: list[str], directory: str, where: str
) -> OperatorError:
    if status == -1:
        return OperatorError("The connection was lost while the server exported.", code="dropped")
    if status == _NO_DIRECTORY:
        return OperatorError(
            f"On the server there is no directory {clean(where, 200)} or {clean(directory, 200)}.",
            hint="Correct v620.export_directory and v620.directory in config.toml.",
            code="missing",
        )
    if status == _IN_THE_WAY:
        return OperatorError(
            f"{checkpoint.name} has an ONNX by now.", hint="Look again (r), then pull it."
        )
    if status == _SIDE_FILE:
        return OperatorError(
            f"{checkpoint.name}: the exporter wrote its weights into a second file, which would "
            "lose its name here.",
            hint="Let it write one file, or export it there by hand.",
        )
    said = f": {' / '.join(last)}" if last else ""
    return OperatorError(
        f"{checkpoint.name}: the exporter ended with status {status}{said}.",
        hint="The job's log has all it printed.",
        code="export",
    )
