"""Models, sheets and places made on the spot.

The RKNN files here are stand-ins: the layout that `conversion.header` reads, without a network.
Everything that deployment does with a model happens to their bytes and header alone.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from pathlib import Path
from typing import Any

from rovertui import config
from rovertui.conversion import sheet as sheets
from rovertui.deployment.place import Place

INPUTS = (
    ("rgb", [1, 240, 424, 3], "NHWC", "uint8", 1.0, 1 / 255),
    ("depth", [1, 240, 424, 1], "NHWC", "float32", 1 / 6, 1 / 6),
    ("proprio", [1, 6], "flat", "float32", 1.0, 1.0),
)


def rknn_bytes(words: str, target: str = "rk3588", kind: str = "int8") -> bytes:
    """A file with the header of one built by rknn-toolkit2; ``words`` make it unlike others."""
    names = [*(name for name, *_ in INPUTS), "action"]
    found = {
        "version": "2.5.0",
        "target_platform": [target],
        "norm_tensor": [
            {"url": name, "size": [1, 2], "dtype": {"vx_type": kind}} for name in names
        ],
        "graph": [
            {"left": "output" if name == "action" else "input", "right_tensor_id": index}
            for index, name in enumerate(names)
        ],
    }
    text = json.dumps(found).encode()
    flat = words.encode()
    head = b"RKNN\0\0\0\0" + struct.pack("<QQ", 6, len(flat))
    return head.ljust(64, b"\0") + flat + struct.pack("<Q", len(text)) + text


def sheet_for(rknn: bytes, checkpoint: str, precision: str, **changes: Any) -> sheets.Sheet:
    values: dict[str, Any] = {
        "format": 1,
        "checkpoint": checkpoint,
        "precision": precision,
        "target": "rk3588",
        "toolkit": "2.5.0",
        "onnx_sha256": "0" * 64,
        "onnx_bytes": 4 * len(rknn),
        "rknn_sha256": hashlib.sha256(rknn).hexdigest(),
        "rknn_bytes": len(rknn),
        "inputs": [
            sheets.Feed(
                name=name,
                array=name,
                layout=layout,
                dtype=dtype,
                shape=shape,
                data_format="nhwc",
                feed_scale=feed,
                net_scale=net,
                sample_shape=[length for length in shape[1:] if length > 1],
                sample_dtype=dtype,
            )
            for name, shape, layout, dtype, feed, net in INPUTS
        ],
        "outputs": [sheets.Output(name="action", shape=[1, 2])],
        "calibration": sheets.Calibration(schema="rgbd6"),
        "check": sheets.Check(
            frames=40,
            sessions=1,
            blocks=3,
            mean=0.004,
            max=0.03,
            over=0.05,
            over_limit=0.0,
            outputs=[],
            by_frame=[],
        ),
        "limits": sheets.LimitsUsed(mean=0.01, largest=0.15, over=0.05, share_over=0.02, frames=30),
        "within": True,
        "reasons": [],
        "strength": "40 frames, of 1 other drive: GOOD",
        "simulated": False,
        "created": 1.0,
        "program": "rovertui",
    }
    return sheets.Sheet(**{**values, **changes})


def put_model(
    models: Path, checkpoint: str, precision: str = "int8", words: str = "", **changes: Any
) -> str:
    """Write a converted model and its sheet; returns its name."""
    models.mkdir(parents=True, exist_ok=True)
    kind = "" if precision == "fp16" else "int8"
    data = rknn_bytes(f"{checkpoint} {precision} {words}", kind=kind)
    name = f"{checkpoint}_{precision}"
    (models / f"{name}.rknn").unlink(missing_ok=True)
    (models / f"{name}.rknn").write_bytes(data)
    onnx_file = models / f"{checkpoint}.onnx"
    if onnx_file.exists():
        changes = {"onnx_sha256": sha256(onnx_file), **changes}
    sheet = sheet_for(data, checkpoint, precision, **changes)
    (models / f"{name}.json").write_bytes(sheets.encode(sheet))
    return name


def put_policy(models: Path, checkpoint: str) -> None:
    """A small network with the policy's inputs and output, as training feeds it."""
    # Not above: the program that forks a thousand times needs none of these.
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(len(checkpoint))
    weights = rng.normal(0.0, 0.5, (10, 2)).astype(np.float32)
    inputs = [
        helper.make_tensor_value_info("rgb", TensorProto.FLOAT, ["batch", 3, 240, 424]),
        helper.make_tensor_value_info("depth", TensorProto.FLOAT, ["batch", 1, 240, 424]),
        helper.make_tensor_value_info("proprio", TensorProto.FLOAT, ["batch", 6]),
    ]
    nodes = [
        helper.make_node("GlobalAveragePool", ["rgb"], ["r"]),
        helper.make_node("GlobalAveragePool", ["depth"], ["d"]),
        helper.make_node("Flatten", ["r"], ["rf"]),
        helper.make_node("Flatten", ["d"], ["df"]),
        helper.make_node("Concat", ["rf", "df", "proprio"], ["all"], axis=1),
        helper.make_node("MatMul", ["all", "weights"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["action"]),
    ]
    output = helper.make_tensor_value_info("action", TensorProto.FLOAT, ["batch", 2])
    graph = helper.make_graph(
        nodes, "policy", inputs, [output], [numpy_helper.from_array(weights, "weights")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    models.mkdir(parents=True, exist_ok=True)
    onnx.save(model, models / f"{checkpoint}.onnx")


def place_in(root: Path, simulated: bool = False, **node: Any) -> Place:
    return Place(
        root=root,
        models=root / "models",
        journal=root / ".rovertui" / "deploy.json",
        node=config.Node(**node),
        simulated=simulated,
    )


def saying(text: str, status: int = 0) -> list[str]:
    """A command that prints ``text`` and ends with ``status``."""
    return ["/bin/sh", "-c", 'printf "%s\\n" "$1"; exit "$2"', "sh", text, str(status)]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def agreement(models: Path, link: str = "remote_trained.rknn") -> tuple[str, str]:
    """(hash of what the link leads to, hash that the sheet beside it names); "" where absent.

    Looks at the files as a node would, without the code under test.
    """
    model = models / link
    sheet = model.with_suffix(".json")
    found = sha256(model) if model.is_file() else ""
    bound = json.loads(sheet.read_bytes())["rknn_sha256"] if sheet.is_file() else ""
    return found, bound


PYTHON = sys.executable
