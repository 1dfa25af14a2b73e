"""Good bytes of each kind, for what damages them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx

from rovertui import config_file, protocol
from rovertui.calibration import sample
from rovertui.config import Config
from rovertui.conversion import sheet
from rovertui.sensors import packet
from tests.conversion import nets
from tests.conversion.test_header import rknn
from tests.conversion.test_sheet import made

CAPTURED = Path(__file__).parents[1] / "conversion" / "captured"
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def _sample() -> bytes:
    arrays = {
        "rgb": np.full((240, 424, 3), 90, np.uint8),
        "depth": np.full((240, 424), 2.0, np.float32),
        "proprio": np.array([0.1, 0.0, 0.0, 0.0, 9.8, 1.0], np.float32),
    }
    arrays["rgb"][::7] = 30
    stamp = sample.Stamp(
        stamp=1.0, session="s", source="here", schema="rgbd6", role="calibration", simulated=False
    )
    out = io.BytesIO()
    sample.write(out, arrays, stamp)
    return out.getvalue()


def _array() -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(6, dtype=np.float32))
    return out.getvalue()


def _archive() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (("calibration_0000.npz", _tiny()), ("manifest.json", b'{"files": []}')):
            info = tarfile.TarInfo(f"calibration_data/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _tiny() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("proprio.npy", _array())
    return out.getvalue()


def _packet() -> bytes:
    shapes = {"rgb": (2, 3, 3), "depth": (2, 3), "proprio": (6,), "action": (2,)}
    parts = {"rgb": bytes(18), "depth": bytes(24), "proprio": bytes(24), "action": bytes(8)}
    stamps = {"stamps": {"rgb": 1.0}}
    return packet.build(1.0, parts, shapes, compressed=False, **stamps)


def _sheet() -> bytes:
    error = sheet.OutputError(name="action", mean=0.1, max=0.2, over_limit=0.5, bias=[0.0, 0.1])
    frame = sheet.FrameError(
        name="a.npz", sha256="0" * 64, error=0.1, reference=[[0.1, 0.2]], rknn=[[0.1, 0.3]]
    )
    check = sheet.Check(
        frames=1,
        sessions=1,
        blocks=1,
        mean=0.1,
        max=0.2,
        over=0.05,
        over_limit=0.5,
        outputs=[error],
        by_frame=[frame],
    )
    numbers = [sheet.OutputNumber(name="linear", unit="m/s", scale=0.18)]
    outputs = [sheet.Output(name="action", shape=[1, 2], use="wheels", numbers=numbers)]
    return sheet.encode(made(check=check, outputs=outputs))


WEIGHTS = ("weights.bin", 1 << 16)
"""A file beside the model, and its bytes."""


def _weights_outside() -> bytes:
    model = nets.only_vector()
    for number, tensor in enumerate(model.graph.initializer):
        words = {"location": WEIGHTS[0], "offset": str(number * 4096)}
        words["length"] = str(len(onnx.numpy_helper.to_array(tensor).tobytes()))
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in words.items():
            tensor.external_data.add(key=key, value=value)
    return bytes(model.SerializeToString())


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "sample": lambda: [_sample(), _tiny()],
    "array": lambda: [_array()],
    "archive": lambda: [_archive()],
    "packet": lambda: [_packet()],
    "frame": lambda: [
        protocol.encode(protocol.Call(1, "do", {"operation": "pull", "params": {}}))[4:],
        protocol.encode(protocol.Hello(1, "0.1", "screen"))[4:],
    ],
    "onnx": lambda: [
        nets.only_vector().SerializeToString(),
        nets.policy().SerializeToString(),
        _weights_outside(),
    ],
    "rknn": lambda: [rknn({"rgb": "int8", "action": "int8"}, note='rovertui:{"a": 1}')],
    "known_hosts": lambda: [
        f"# a comment\nv620.lab,*.lab,!x ssh-ed25519 {KEY} me\n"
        f"@revoked [v620.lab]:2222 ssh-ed25519 {KEY}\n"
        f"|1|c2FsdA==|aGFzaA== ssh-ed25519 {KEY}\n".encode()
    ],
    "ssh_config": lambda: [
        b"Host v620 *.lab\n  HostName 10.0.0.2\n  Port 2222\n  User me\n  ProxyJump a@b:22\n"
        b'  IdentityFile ~/.ssh/%h\nMatch host v620 exec "true"\n  User you\nInclude nothing*\n'
    ],
    "config": lambda: [config_file.render(Config()).encode(), b'[rover]\nname = "a"\n'],
    "listing": lambda: [
        b"1763800000.123456789\n1291450 1763799000.5 ppo_v620_update_10.onnx\0"
        b"900 1763799000.5 ppo_v620_update_10.pt\0 1 2 -rf\n\x1b[31m\0"
    ],
    "toolkit": lambda: [(CAPTURED / "hybrid.stderr").read_bytes()[:4000]],
    "worker": lambda: [
        b'{"event": "stage", "stage": "load", "text": "x"}\n'
        b'{"event": "progress", "done": 1, "total": 2}\n{"event": "result", "model": {}}\n'
    ],
    "sheet": lambda: [_sheet()],
    "record": lambda: [
        json.dumps({"number": 1, "name": "a", "when": 1.0, "state": "seen", "text": "t"}).encode(),
        msgspec.msgpack.encode({"version": 1, "entries": []}),
    ],
}
