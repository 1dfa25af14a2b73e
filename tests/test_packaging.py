"""What is installed from a wheel is whole; each package loads only what it may."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_pins_styles_and_the_demo_s_model(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "rovertui/pins/toolkit.txt",
        "rovertui/ui/rovertui.tcss",
        "rovertui/demo/policy.onnx",
        "rovertui/worker/main.py",
        "widgets/histogram.py",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith(("tests/", "bench/"))]


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of this environment; the program is only the wheel's."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "v"], check=True)
    python = tmp_path / "v/bin/python"
    install = [python, "-m", "pip", "install", "--no-deps", "--no-index", "-q", wheel]
    subprocess.run(install, check=True, env=clean())
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    ours = subprocess.run(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
        env=clean(),
    ).stdout.strip()
    Path(site, "dependencies.pth").write_text(f"{ours}\n")
    program = tmp_path / "v/bin/rovertui"
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    assert "rovertui" in version.stdout
    place = tmp_path / "w"
    for words in (["init", str(place)], ["-w", str(place), "status", "--start"]):
        done = subprocess.run([program, *words], capture_output=True, text=True, env=clean())
        assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [python, "-c", "import rovertui; print(rovertui.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        env=clean(),
        cwd=tmp_path,
    )
    assert where.stdout.startswith(site)
    subprocess.run([program, "-w", place, "daemon", "stop"], check=True, env=clean())


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("rovertui.ui.app", ["numpy", "paramiko", "zmq", "onnx", "onnxruntime", "rovertui.daemon"]),
        ("rovertui.client", ["numpy", "textual", "paramiko", "zmq"]),
        ("rovertui.cli", ["numpy", "textual", "paramiko", "zmq", "asyncio"]),
        ("rovertui.daemon.service", ["textual", "numpy", "paramiko", "onnx", "rknn"]),
        ("rovertui.calibration.store", ["textual", "paramiko", "onnx", "zmq"]),
        ("rovertui.conversion.contract", ["textual", "paramiko", "rknn", "torch"]),
        ("rovertui.deployment.activate", ["textual", "paramiko", "onnx", "zmq"]),
        ("rovertui.remote.ssh", ["textual", "numpy", "paramiko"]),
        ("rovertui.recorder.loop", ["textual", "paramiko", "onnx", "rovertui.demo"]),
        ("rovertui.compare.agreement", ["numpy", "onnxruntime", "textual", "paramiko"]),
        ("widgets.histogram", ["rovertui", "numpy"]),
    ],
)
def test_a_package_loads_only_what_it_needs(package: str, never: list[str]) -> None:
    script = f"import sys, {package}\nprint([m for m in {never!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "[]"
