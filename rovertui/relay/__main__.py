"""``python -m rovertui.relay``: started by the daemon, ended only on purpose."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path

from rovertui import __version__
from rovertui.errors import OperatorError
from rovertui.files import private_file
from rovertui.processes import name_of
from rovertui.relay.forward import Relay, Settings
from rovertui.relay.record import Record, save

log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Forward until stopped; 0 then, 1 where it cannot begin, said in one line."""
    parser = argparse.ArgumentParser(prog="rovertui.relay")
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--upstream", default="")
    parser.add_argument("--cap", type=float, default=0.0)
    parser.add_argument("--copy", required=True)
    parser.add_argument("--control", required=True)
    given = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    lock = private_file(given.record.with_suffix(".lock"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.error("Another relay runs in this workspace.")
        return 1
    settings = Settings(given.listen, given.upstream, given.cap, given.copy, given.control)
    try:
        relay = Relay(settings)
    except OperatorError as error:
        log.error("%s", error.sentence())
        return 1
    _serve(relay, given.record)
    return 0


def _serve(relay: Relay, record: Path) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: relay.stopping.set())
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    process = name_of(os.getpid())
    assert process is not None
    settings = relay.settings
    save(
        record,
        Record(
            process=process,
            version=__version__,
            listen=settings.listen,
            copy=settings.copy,
            control=settings.control,
        ),
    )
    log.info("taking packets at %s for %s", settings.listen, settings.upstream or "nobody yet")
    try:
        relay.run()
    finally:
        record.unlink(missing_ok=True)
        relay.close()


if __name__ == "__main__":
    sys.exit(main())
