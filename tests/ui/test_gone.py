"""A daemon that is gone: said with the reason and what to do, and found again."""

from __future__ import annotations

from pathlib import Path

from rovertui.client import DaemonSilent, DaemonStopped
from rovertui.errors import OperatorError
from rovertui.workspace import Workspace

from .conftest import opened


async def test_a_lost_daemon_is_said_and_found_again() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.drop()
        await bench.until(lambda: "daemon gone, reconnecting" in bench.line("header"), "gone")
        assert "BAD" in bench.line("header")
        await bench.press("c")
        assert bench.daemon.done == []
        assert "daemon gone" in bench.line("status")
        bench.daemon.up = True
        await bench.until(lambda: bench.line("header").startswith(" DRIVE ok"), "found again")
        assert "Connected again" in bench.line("status")
        await bench.press("c")
        assert bench.daemon.done == [("capture.off", {})]


async def test_a_stopped_daemon_is_told_by_whom_and_the_palette_starts_it_again() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.absence = DaemonStopped(
            "The daemon was stopped by op (command line) at 12:31."
        )
        bench.daemon.drop()
        await bench.until(lambda: "stopped by op" in bench.line("body"), "who stopped it")
        assert "BAD: daemon stopped" in bench.line("header")
        shown = " ".join(bench.line("body").split())
        assert "Start the daemon (in the palette, :) or run any rovertui command." in shown
        assert "NOT KNOWN" in shown
        # Nothing is offered that only a daemon does, and nothing is said to be recorded.
        assert "rec" not in bench.line("header").lower()
        foot = bench.line("footer")
        assert "(c stop)" in foot and "(x ship)" in foot and "(R roll back)" in foot
        await bench.press("colon")
        listed = bench.text().splitlines()
        assert "Start the daemon" in listed[0]
        await bench.press(*"ship")
        assert "not now: daemon stopped." in bench.text()
        await bench.press("escape", "colon", *"start the", "enter")
        await bench.until(lambda: not bench.app.state.gone, "the daemon")
        assert "stopped" not in bench.text()
        assert "ended unasked" not in bench.line("status")


async def test_a_configuration_that_is_refused_is_read_whole_where_it_is_needed() -> None:
    async with opened(size=(60, 20)) as bench:
        bench.app.session._pause = 0.02
        bench.daemon.absence = OperatorError(
            "/home/op/rover/config.toml: source.kind: expected one of none, tap, found 'tab'.",
            hint="The comments in the file say what is allowed.",
        )
        bench.daemon.drop()
        await bench.until(lambda: "found 'tab'." in " ".join(bench.text().split()), "the sentence")
        assert "say what is allowed" in " ".join(bench.line("body").split())
        await bench.press("c")
        assert "Not possible now: no daemon. The comments" in bench.line("status")
        bench.daemon.absence, bench.daemon.up = None, True
        await bench.until(lambda: not bench.app.state.gone, "it went on by itself")


async def test_a_daemon_that_ended_unasked_is_said_with_where_to_read_why() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.drop()
        await bench.until(lambda: "daemon gone" in bench.line("header"), "gone")
        bench.daemon.crashed = bench.daemon.up = True
        await bench.until(lambda: not bench.app.state.gone, "found again")
        await bench.until(lambda: "daemon.log" in bench.line("status"), "where to read why")


async def test_of_a_daemon_that_does_not_answer_nothing_is_said_to_be_so_now(
    tmp_path: Path,
) -> None:
    (tmp_path / ".rovertui").mkdir()
    (tmp_path / ".rovertui/daemon.lock").write_text("4711\n")
    async with opened() as bench:
        later = bench.app.state._arrived + 37.5
        bench.app.state.clock = lambda: later
        bench.daemon.absence = DaemonSilent(Workspace(tmp_path))
        bench.daemon.drop()
        await bench.until(lambda: "does not answer" in bench.line("body"), "the sentence")
        assert "DRIVE BAD: daemon does not answer" in bench.line("header")
        shown = " ".join(bench.line("body").split())
        assert "(process 4711) does not answer" in shown and "`kill -9 4711` ends it" in shown
        assert "STREAM NOT KNOWN 37 s old motion unknown" in shown
        assert "live" not in shown and "standing still" not in shown
        await bench.until(lambda: "the numbers are 37 s old" in bench.line("status"), "their age")
        await bench.press("c")
        assert bench.daemon.done == []
        assert "Not possible now: daemon does not answer." in bench.line("status")
