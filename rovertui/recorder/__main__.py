"""``python -m rovertui.recorder --workspace DIR --lifeline FD``: where the parts are joined."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from rovertui.calibration.sessions import Sessions
from rovertui.calibration.store import SampleStore
from rovertui.errors import OperatorError
from rovertui.recorder.loop import Recorder
from rovertui.recorder.messages import Failed, Notice, parse_command
from rovertui.recorder.out import Out
from rovertui.recorder.sources import open_configured
from rovertui.worker.lifeline import hold
from rovertui.workspace import Workspace

log = logging.getLogger(__name__)

_READ = 65536


def main(arguments: list[str] | None = None) -> int:
    """Record until told to stop; 0 then, 1 after a failure that was said on standard output."""
    parser = argparse.ArgumentParser(prog="rovertui.recorder")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--lifeline", type=int, help="descriptor whose end ends this process")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    if options.lifeline is not None:
        hold(options.lifeline)
    stopping = threading.Event()
    out = Out(_own_stdout(), stopping.set)
    try:
        _record(Workspace(options.workspace), out, stopping)
        return 0
    except OperatorError as error:
        log.error("%s", error.sentence())
        out.say(Failed(error.message, error.hint))
    except Exception as error:
        log.exception("the recorder broke")
        out.say(
            Failed(f"The recorder broke: {type(error).__name__}: {error}", "Its log has the rest.")
        )
    finally:
        out.close()
    return 1


def _record(workspace: Workspace, out: Out, stopping: threading.Event) -> None:
    config = workspace.load()
    source = open_configured(workspace, config)
    outlet = None
    try:
        if config.node.compare:
            from rovertui.sensors.shared import Outlet

            outlet = Outlet(workspace.frames(), 1.0 / config.node.compare)
        store = SampleStore(
            workspace.samples(config), config, workspace.kept, simulated=source.facts.simulated
        )
        sessions = Sessions(workspace.kept)
        recorder = Recorder(
            config,
            source,
            store,
            out.say,
            stopping=stopping,
            sessions=sessions,
            outlet=outlet,
        )

        def stop(number: int, frame: object) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        threading.Thread(target=_listen, args=(recorder, out), name="in", daemon=True).start()
        recorder.run()
    finally:
        source.close()
        if outlet is not None:
            outlet.close()


def _own_stdout() -> int:
    """A private copy of standard output; what a library prints goes to the log instead."""
    fd = os.dup(1)
    os.dup2(2, 1)
    return fd


def _listen(recorder: Recorder, out: Out) -> None:
    """Carry out commands until standard input ends."""
    rest = b""
    # Not sys.stdin: its lock, held by this thread, would abort the interpreter at its end.
    while data := os.read(0, _READ):
        *lines, rest = (rest + data).split(b"\n")
        for line in filter(None, map(bytes.strip, lines)):
            try:
                recorder.command(parse_command(line))
            except OperatorError as error:
                log.warning("%s", error.sentence())
                out.say(Notice(error.message))
    recorder.stop()


if __name__ == "__main__":
    sys.exit(main())
