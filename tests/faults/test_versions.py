"""A daemon of an older version that still runs after an upgrade, and what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from rovertui.errors import OperatorError
from tests.calling import ROOT
from tests.daemon.conftest import rig as rig
from tests.daemon.rig import Rig
from tests.waiting import until

# The real daemon, told that it is of another age.
_OLDER = (
    "import sys; import rovertui, rovertui.protocol as protocol; rovertui.__version__ = '0.0.1'; "
    "protocol.VERSION = 0; from rovertui.daemon.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


def _older(rig: Rig) -> subprocess.Popen[bytes]:
    rig.workspace.kept.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", _OLDER, "--workspace", str(rig.workspace.root)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    rig.processes.append(process)
    return process


def test_an_older_daemon_is_named_and_the_advice_works(rig: Rig) -> None:
    process = _older(rig)

    def refused() -> str:
        try:
            rig.ask(lambda client: client.now())
        except OperatorError as error:
            return error.sentence()
        except ConnectionError:
            pass
        return ""

    said = until(refused)
    assert "version 0.0.1 (protocol 0)" in said
    assert "rovertui daemon stop" in said

    stopped = rig.run("daemon", "stop")

    assert (stopped.returncode, stopped.stdout.strip()) == (0, "Stopped."), stopped.stderr
    assert process.wait(20) == 0
    until(lambda: not rig.children())
    rig.start()
    assert rig.snapshot().version != "0.0.1"


def test_what_another_version_left_is_read_by_what_both_know(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="before")
    rig.until(lambda s: s.capture.kept >= 1)
    rig.kill()
    state = json.loads(rig.workspace.state.read_bytes())
    rig.workspace.state.write_text(json.dumps({**state, "wish of a later version": [1, 2]}))

    rig.start()

    snapshot = rig.until(lambda s: s.capture.kept >= 2)
    assert snapshot.capture.wanted
    assert not [n for n in snapshot.notices if "could not be read" in n]
