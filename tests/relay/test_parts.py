"""Addresses, cap and figures by themselves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.errors import OperatorError
from rovertui.relay.address import check_listen, host_of
from rovertui.relay.cap import Cap
from rovertui.relay.figures import Figures

from .conftest import ROOT


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:5555", "tcp://localhost:1", "tcp://[::1]:9"])
def test_this_machine_alone_is_no_danger(address: str) -> None:
    assert check_listen(address, network=False) == ""


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.5:9"])
def test_other_machines_need_a_setting_and_a_warning(address: str) -> None:
    with pytest.raises(OperatorError, match="other machines can reach"):
        check_listen(address, network=False)
    assert "whoever reaches" in check_listen(address, network=True)


@given(st.text(max_size=40))
def test_any_other_text_is_refused_by_the_key_s_name(text: str) -> None:
    try:
        host = host_of(text, "tap.listen")
    except OperatorError as error:
        assert "tap.listen" in error.message and error.message.isprintable()
    else:
        assert text.startswith("tcp://") and host


@given(
    st.lists(st.tuples(st.floats(0, 0.3), st.integers(1, 500_000)), max_size=200),
    st.floats(1e4, 1e7),
)
def test_a_cap_holds_over_any_stretch(steps: list[tuple[float, int]], rate: float) -> None:
    now = [0.0]
    cap = Cap(rate, lambda: now[0])
    sent, largest = 0, 0
    for pause, size in steps:
        now[0] += pause
        largest = max(largest, size)
        if cap.passes():
            cap.took(size)
            sent += size
    assert sent <= rate * (now[0] + 0.5) + largest + 1


def test_rates_are_those_of_the_last_ten_seconds() -> None:
    now = [0.0]
    figures = Figures(lambda: now[0])
    for second in range(30):
        for _ in range(10):
            figures.now.received += 1
            figures.now.received_bytes += 1000
            figures.now.lost += second >= 25
        now[0] += 1.0
        figures.tick()
    view = figures.view()
    assert view["rate"] == pytest.approx(10.0)
    assert view["bytes_rate"] == pytest.approx(10_000)
    assert view["lost_share"] == pytest.approx(0.5)
    assert view["received"] == 300


def test_the_relay_loads_next_to_nothing_so_that_it_is_back_within_the_collector_s_second() -> None:
    script = (
        "import sys, rovertui.relay.__main__\n"
        "print([m for m in ('numpy', 'asyncio', 'simplejpeg', 'paramiko') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
