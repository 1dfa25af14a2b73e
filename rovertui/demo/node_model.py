"""What the demo's inference node runs: the float model, fed exactly as the model sheet says.

There is no NPU here. The node loads the link and reads the sheet beside it as a node on a rover
must, makes the arrays that would go to ``inference()``, and then does what the RKNN would do with
them (feed to net) in front of the ONNX model of the same checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class CannotLoad(Exception):
    """Why the node has no model now, in words."""


@dataclass(frozen=True)
class Feed:
    """One input of the sheet: feed = sample x feed_scale, net = sample x net_scale."""

    name: str
    array: str
    layout: str
    dtype: str
    shape: tuple[int, ...]
    feed_scale: float
    net_scale: float

    def feed(self, sample: dict[str, Array]) -> Array:
        """The array for ``inference()``: batch first, C-contiguous."""
        array = sample[self.array]
        if self.feed_scale != 1.0:
            array = array.astype(np.float32) * np.float32(self.feed_scale)
        if array.ndim == 2:
            array = array[..., None]
        if self.layout == "NCHW":
            array = array.transpose(2, 0, 1)
        return np.ascontiguousarray(array[None], dtype=self.dtype)

    def net(self, feed: Array) -> Array:
        """What the network was trained on, as the RKNN makes it of the feed."""
        array: Array = feed.astype(np.float32) * np.float32(self.net_scale / self.feed_scale)
        if self.layout == "NHWC":
            array = array.transpose(0, 3, 1, 2)
        return array


class Model:
    """A loaded model.

    Args:
        link: the name the node loads; its sheet lies beside it under the same name.
        models: where the float model of the sheet's checkpoint lies.

    Raises:
        CannotLoad: no model, no sheet, a sheet of another file, or no float model of it.
    """

    def __init__(self, link: Path, models: Path) -> None:
        sheet = _sheet(link)
        try:
            self.checkpoint = str(sheet["checkpoint"])
            self.name = f"{self.checkpoint} ({sheet['precision']})"
            self.feeds = [_feed(entry) for entry in sheet["inputs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CannotLoad(f"the sheet lacks or garbles {error}") from None
        onnx = models / f"{Path(self.checkpoint).name}.onnx"
        if not onnx.is_file():
            raise CannotLoad(f"there is no NPU here and no float model {onnx.name} to run instead")
        self._session = _session(onnx)

    def act(self, sample: dict[str, Array], twice: str = "") -> tuple[float, float]:
        """The action of the network, linear and angular, not clipped.

        Args:
            twice: an array whose feed is scaled twice: a fault of nodes.
        """
        fed = {}
        for feed in self.feeds:
            array = feed.feed(sample)
            if array.shape != feed.shape:
                raise ValueError(f"{feed.name}: expected {feed.shape}, found {array.shape}")
            if feed.array == twice:
                array = array * np.float32(feed.feed_scale)
            fed[feed.name] = feed.net(array)
        action = np.asarray(self._session.run(None, fed)[0]).ravel()
        return float(action[0]), float(action[1])


def _sheet(link: Path) -> dict[str, Any]:
    """The sheet beside the link, when it belongs to what the link leads to.

    The two are opened one after the other, and the switch may fall in between: then the second
    look sees both new.
    """
    for last in (False, True):
        try:
            rknn = link.read_bytes()
        except OSError as error:
            raise CannotLoad(f"{link.name} cannot be read: {error.strerror}") from None
        if rknn[:4] != b"RKNN":
            raise CannotLoad(f"{link.name} does not lead to an RKNN file")
        try:
            sheet = json.loads(link.with_suffix(".json").read_bytes())
        except OSError as error:
            raise CannotLoad(f"there is no sheet beside {link.name}: {error.strerror}") from None
        except ValueError:
            raise CannotLoad(f"the sheet beside {link.name} cannot be read") from None
        bound = sheet.get("rknn_sha256") if isinstance(sheet, dict) else None
        if bound == hashlib.sha256(rknn).hexdigest():
            return dict(sheet)
        if last:
            break
    raise CannotLoad(f"the sheet beside {link.name} belongs to another model")


def _feed(entry: dict[str, Any]) -> Feed:
    return Feed(
        name=str(entry["name"]),
        array=str(entry["array"]),
        layout=str(entry["layout"]),
        dtype=str(entry["dtype"]),
        shape=tuple(int(size) for size in entry["shape"]),
        feed_scale=float(entry["feed_scale"]),
        net_scale=float(entry["net_scale"]),
    )


def _session(onnx: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            onnx.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001  its exceptions have no common base class
        raise CannotLoad(f"{onnx.name} cannot be run: {str(error)[:200]}") from None
