"""Another rover, as seen and changed over SSH: its files and its node, never its software.

What is done there is done by `there`, a program that is sent along and run by that rover's Python.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from rovertui import config_file
from rovertui.called import called
from rovertui.config import Config, Peer
from rovertui.deployment.checks import Candidate
from rovertui.deployment.entry import Entry
from rovertui.deployment.there import parcel
from rovertui.errors import OperatorError
from rovertui.reading import Damaged, mapping
from rovertui.remote.output import blocks
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import clean, size

_MARK = b"\nrovertui-answer "
_LONGEST_ANSWER = 8 << 20
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
"""Of a runtime, or of the toolkit: three numbers somewhere in its words."""


@dataclass(frozen=True)
class Seen:
    """What another rover shows of itself; everything is its word, cleaned.

    Attributes:
        name, precision, checkpoint: of the live model; empty where there is none.
        state: of the live model: ``seen``, ``believed``, ``next start``, ``not ours``, ``none``.
        text: what was seen of it in service there.
        sha256: of the live model.
        sheet: of the live model, as far as it can be read.
        runtime: version of the runtime there; empty where it could not be asked.
        config: its rovertui configuration, where one is named and can be read.
        target: what its device tree says of the chip.
        free: bytes on its disk.
    """

    name: str = ""
    precision: str = ""
    checkpoint: str = ""
    state: str = "none"
    text: str = ""
    sha256: str = ""
    sheet: dict[str, Any] = field(default_factory=dict)
    runtime: str = ""
    config: Config | None = None
    target: str = ""
    free: int = 0


@dataclass(frozen=True)
class Arrived:
    """A good end on another rover; see `rovertui.deployment.place.Deployed`."""

    state: str
    text: str
    entry: int
    previous: str
    stopped: bool = False


class Afar:
    """One rover of ``[[rovers]]``.

    Args:
        peer: as configured.
        link: to it; connected when needed.
        reporter: gets a line for each step.
    """

    def __init__(self, peer: Peer, link: Link, reporter: Reporter) -> None:
        self.peer = peer
        self._link = link
        self._reporter = reporter

    def look(self) -> Seen:
        """What runs there now.

        Raises:
            OperatorError: it cannot be reached, or has no such directory.
        """
        answer = self._do("look")
        entry, outcome = _table(answer.get("entry")), _table(answer.get("outcome"))
        live, sheet = str(answer.get("live_sha256", "")), _table(answer.get("sheet"))
        foreign = bool(live) and (not entry or entry.get("ours") is False)
        known = entry or ({} if sheet.get("rknn_sha256") != live else sheet)
        version = VERSION.search(str(answer.get("runtime", "")))
        text = str(answer.get("config", ""))
        return Seen(
            name=clean(str(known.get("name", "unknown" if live else "")), 120),
            precision=clean(str(known.get("precision", "")), 20),
            checkpoint=clean(str(known.get("checkpoint", "")), 120),
            state="not ours"
            if foreign
            else clean(str(outcome.get("state", "next start")), 20)
            if live
            else "none",
            text=clean(str(outcome.get("text", "")), 200),
            sha256=clean(live, 64),
            sheet=sheet if sheet.get("rknn_sha256") == live else {},
            runtime=version[0] if version else "",
            config=config_file.parse(text, f"{self.peer.name}: config.toml") if text else None,
            target=clean(str(answer.get("target", "")), 200),
            free=int(answer.get("free", 0)),
        )

    def send(self, candidate: Candidate, golden: Path | None = None) -> str:
        """Send model, sheet and golden frames, not yet in service; the token they lie under."""
        assert candidate.sheet_bytes is not None
        token = os.urandom(8).hex()
        path = str(self._do("incoming", keep=token)["path"])
        files = {"model": candidate.rknn, **({"golden": golden} if golden else {})}
        total = sum(file.stat().st_size for file in files.values())
        sent = 0
        with self._link.telling():
            sftp = self._link.sftp()

            def show(done: int, length: int) -> None:
                self._reporter.check()
                self._reporter.progress(sent + done, total, f"{size(sent + done)} of {size(total)}")

            for name, file in files.items():
                sftp.put(str(file), f"{path}/{name}", callback=show)
                sent += file.stat().st_size
            with sftp.open(f"{path}/sheet", "wb") as stream:
                stream.write(candidate.sheet_bytes)
        frames = ", with the frames for a test of the node" if golden else ""
        self._reporter.log(f"{candidate.name}: {size(total)} sent{frames}.")
        return token

    def deploy(
        self,
        token: str,
        entry: Entry,
        sheet_sha256: str,
        golden_sha256: str = "",
    ) -> Arrived:
        """Put what was sent into service there, whole or not at all.

        Raises:
            OperatorError: it was refused there, and what was live there is live again; or the
                line broke, and what was done there is found by looking.
        """
        answer = self._do(
            "deploy",
            keep=token,
            entry=msgspec.to_builtins(entry),
            sheet_sha256=sheet_sha256,
            golden_sha256=golden_sha256,
            limit=2 * (self.peer.reload_timeout + self.peer.confirm) + 60.0,
        )
        for name in _words(answer.get("gone")):
            self._reporter.log(f"{name} is no longer kept on {self.peer.name}.")
        return Arrived(
            state=clean(str(answer.get("state", "believed")), 20),
            text=clean(str(answer.get("text", "")), 300),
            entry=int(answer.get("entry", 0)),
            previous=clean(str(answer.get("previous", "")), 120),
            stopped=answer.get("stopped") is True,
        )

    def _do(self, deed: str, limit: float = 60.0, **more: Any) -> dict[str, Any]:
        peer = self.peer
        job = {**msgspec.to_builtins(peer), **more, "do": deed}
        packed = base64.b64encode(json.dumps(job).encode()).decode()
        # Quietly: a start-up file's words on standard error are none of our business.
        command = f"{shlex.quote(peer.python)} -I - {packed} 2>&1"
        out = b""
        until = time.monotonic() + limit

        def in_time() -> None:
            if deed != "deploy":
                self._reporter.check()
            if time.monotonic() > until:
                raise self._failed(f"no answer within {limit:g} s", deed)

        with self._link.program(command) as program:
            program.sendall(parcel.text())
            program.shutdown_write()
            for block in blocks(program, in_time):
                out += block
                if len(out) >= _LONGEST_ANSWER:
                    break
        _, mark, rest = out.rpartition(_MARK)
        if not mark:
            said = clean(b" / ".join(out.strip().splitlines()[-2:]).decode(errors="replace"), 300)
            lost = not self._link.connected or not said
            raise self._failed("the line broke" if lost else said, deed)
        try:
            answer = mapping(rest.partition(b"\n")[0])
        except Damaged as error:
            raise self._failed(f"its answer cannot be read ({error})", deed) from None
        if "refused" in answer:
            raise OperatorError(
                f"{peer.name}: {clean(str(answer['refused']), 500)}.",
                hint="What was live there still is." if deed == "deploy" else "",
                code="node" if deed == "deploy" else "refused",
            )
        return answer

    def _failed(self, why: str, deed: str) -> OperatorError:
        hint = f"Check that {self.peer.python} runs there (rovers: python)."
        if deed == "deploy":
            hint = f"`{called()} rovers` shows what is live there: the old one or the new, whole."
        return OperatorError(f"{self.peer.name}: {why}.", hint=hint, code="afar")


def _words(value: Any) -> list[str]:
    return [clean(str(word), 120) for word in value] if isinstance(value, list) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
