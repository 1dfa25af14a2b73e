"""The toolkit's environment is made whole or not at all, by the real venv and pip."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rovertui.errors import Cancelled, OperatorError
from rovertui.operations import toolkit
from rovertui.reporter import Event, Reporter


def wheel(directory: Path, name: str, source: str) -> None:
    """A real wheel of one module, written by hand."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    directory.mkdir(exist_ok=True)
    with zipfile.ZipFile(directory / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


def _digest(text: str) -> str:
    import base64

    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same installation with two small packages in the place of the large ones."""
    monkeypatch.setenv("ROVERTUI_TOOLKIT", str(tmp_path / "cache" / "toolkit"))
    monkeypatch.setattr(toolkit, "pins", lambda: "alpha==1.0\nbeta==1.0\n")
    monkeypatch.setattr(toolkit, "_PROOF", "import alpha, beta")
    wheels = tmp_path / "wheels"
    wheel(wheels, "alpha", "")
    wheel(wheels, "beta", "")
    return wheels


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


def test_it_is_made_from_wheels_without_a_network_and_proved(small: Path) -> None:
    events: list[Event] = []
    python = toolkit.install(Reporter(events.append), small)
    assert toolkit.python() == python
    subprocess.run([python, "-I", "-c", "import alpha, beta"], check=True)
    stages = [event["stage"] for event in events if event["kind"] == "stage"]
    assert stages == toolkit.STAGES
    assert left(toolkit.home().parent) == ["toolkit"]
    again: list[Event] = []
    assert toolkit.install(Reporter(again.append), small) == python
    assert not [event for event in again if event.get("stage") == "download"]


def test_a_missing_wheel_leaves_nothing_and_pip_s_own_words(small: Path) -> None:
    (small / "beta-1.0-py3-none-any.whl").unlink()
    with pytest.raises(OperatorError, match="beta"):
        toolkit.install(Reporter(), small)
    assert toolkit.python() is None
    assert left(toolkit.home().parent) == []


def test_an_environment_that_fails_its_proof_is_not_kept(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolkit, "_PROOF", "import alpha, gamma")
    with pytest.raises(OperatorError, match="gamma"):
        toolkit.install(Reporter(), small)
    assert toolkit.python() is None
    assert left(toolkit.home().parent) == []


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolkit, "NEEDED", dict.fromkeys(("x86_64", "aarch64"), 10**18))
    with pytest.raises(OperatorError, match=r"needs .* free"):
        toolkit.install(Reporter(), small)


def test_cancelling_ends_pip_and_leaves_nothing(small: Path) -> None:
    wheel(small, "alpha", "import time; time.sleep(60)")
    reporter = Reporter()
    ended: list[Any] = []

    def work() -> None:
        try:
            toolkit.install(reporter, small)
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    reporter_seen = threading.Event()
    reporter._emit = lambda event: reporter_seen.set() if event.get("stage") == "prove" else None
    thread.start()
    assert reporter_seen.wait(60)
    began = time.monotonic()
    reporter.cancelled.set()
    thread.join(10)
    assert time.monotonic() - began < 10
    assert ended
    assert left(toolkit.home().parent) == []


def test_what_an_interrupted_installation_left_is_cleared(small: Path) -> None:
    part = toolkit.home().with_name("toolkit.part")
    (part / "lib").mkdir(parents=True)
    toolkit.install(Reporter(), small)
    assert left(toolkit.home().parent) == ["toolkit"]


def test_a_configured_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"conversion\.python"):
        toolkit.require(str(tmp_path / "python"))


def test_the_pins_hold_what_the_toolkit_needs() -> None:
    pins = toolkit.pins()
    for pin in ("rknn-toolkit2==2.5.0", "numpy==1.26.4", "onnx==1.18.0", "setuptools==80.0.1"):
        assert pin in pins
    assert "://" not in pins


@pytest.mark.needs_toolkit
def test_the_real_environment_imports_the_toolkit(toolkit_python: Path) -> None:
    done = subprocess.run(
        [
            toolkit_python,
            "-I",
            "-c",
            "import rknn.api, onnxruntime, numpy; print(numpy.__version__)",
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    assert done.stdout.strip().endswith("1.26.4")
