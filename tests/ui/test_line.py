"""A line that is slow is spared; one that is silent is not called slow."""

from __future__ import annotations

from textual import messages

from rovertui.ui.line_speed import LineSpeed

from .conftest import opened


def test_a_slow_line_is_drawn_less_often_and_a_silent_one_is_not_called_slow() -> None:
    now = [0.0]
    line = LineSpeed(lambda: now[0])
    assert line.ask() and not line.ask()
    now[0] = 30.0
    assert line.pause == 0.0
    line.answered()
    assert line.pause == 2.0
    line.ask()
    now[0] += 0.05
    line.answered()
    assert line.pause == 0.0
    line.ask()
    now[0] += 0.9
    assert line.pause == 1.0


async def test_a_terminal_that_answers_late_is_spared() -> None:
    async with opened() as bench:
        now = [0.0]
        app = bench.app
        app.pace.line = LineSpeed(lambda: now[0])
        for seconds, pause in ((1.0, 1.0), (0.01, 0.0)):
            app.pace.line.ask()
            now[0] += seconds
            app.post_message(messages.TerminalSupportsSynchronizedOutput())
            await bench.pilot.pause()
            assert app.pace.pause == pause and app.state.sparing == (pause > 0)
        assert "Slow line (1.0 s)" in bench.line("status")
