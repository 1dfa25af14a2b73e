"""Files made to fill the memory, to run code, to wait for ever or to be read in two ways."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from numpy.lib import format as npy

from rovertui.calibration.examine import examine
from rovertui.calibration.index import Index
from rovertui.schema import rgbd6
from rovertui.sensors import decode, npz, packet
from rovertui.sensors.directory import DirectorySource
from rovertui.sensors.taken import Taken
from rovertui.sensors.tap import PacketSource
from rovertui.text import clean

from .seeds import SEEDS

SCHEMAS = {"rgbd6": rgbd6()}
MB = 1 << 20


@contextmanager
def within(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MB
    finally:
        tracemalloc.stop()


def zipped(*members: tuple[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def said_small(data: bytes, size: int) -> bytes:
    """The zip with every declared size replaced by ``size``, the compressed bytes as they are."""
    found = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = found.find(mark)
        while at >= 0:
            struct.pack_into("<I", found, at + place, size)
            at = found.find(mark, at + 4)
    return bytes(found)


def headed(text: str, data: bytes = b"") -> bytes:
    head = text.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def described(shape: str, descr: str = "'<f4'") -> bytes:
    words = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    return headed(words, bytes(64))


def refused(tmp_path: Path, data: bytes) -> str:
    """Why a file is refused, as a sample and as one of the collector's."""
    path = tmp_path / "calibration_0000.npz"
    path.write_bytes(data)
    verdict = examine(path, SCHEMAS)
    assert verdict.state != "usable"
    assert clean(verdict.problem + verdict.schema, 9999) == verdict.problem + verdict.schema
    with pytest.raises(npz.Unreadable):
        npz.arrays_of(data)
    return verdict.problem


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_never_unpacks_to_more_than_it_declares(tmp_path: Path, packing: int) -> None:
    bomb = zipped(("rgb.npy", bytes(24 * MB)), packing=packing)
    assert len(bomb) < 2 * MB
    data = said_small(bomb, 200)
    with within(20):
        refused(tmp_path, data)


def test_what_declares_more_than_any_sample_has_is_refused_unread(tmp_path: Path) -> None:
    data = said_small(zipped(("rgb.npy", bytes(1000)), packing=zipfile.ZIP_DEFLATED), 1 << 31)
    with within(20):
        assert "256 MB" in refused(tmp_path, data)


@pytest.mark.parametrize(
    "member",
    [
        described("(68719476736,)"),
        described("(1, 1000000000000000000000000000000)"),
        described(f"(0x{'f' * 8000},)"),
        described("(-3,)"),
        described("(1152921504606846976,)", "'|V0'"),
        described("(3,)", "()"),
        described("(3,)", "{}"),
        described("(3,)", "[('\\x1b[31m', '<f4', (9999999999,))]"),
        headed("{[]: 1}"),
        headed("'''"),
        headed("(" * 9000),
        headed("-" * 9000 + "1"),
        headed("__import__('os').system('true')"),
        b"\x93NUMPY\x09\x09",
        b"",
    ],
    ids=lambda data: ascii(data[10:50]),
)
@pytest.mark.parametrize("name", ["rgb", "stamp"])
def test_headers_that_lie_are_a_sentence(tmp_path: Path, member: bytes, name: str) -> None:
    others = ("session", "source", "schema", "role", "simulated") if name == "stamp" else ()
    with within(20):
        refused(tmp_path, zipped(*((f"{each}.npy", member) for each in (name, *others))))


class _Runs:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_is_named_and_never_opened(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    out = io.BytesIO()
    npy.write_array(out, np.array([_Runs(mark)], dtype=object), allow_pickle=True)
    assert "Python objects" in refused(tmp_path, zipped(("rgb.npy", out.getvalue())))
    refused(tmp_path, zipped(("rgb.npy", pickle.dumps(_Runs(mark)))))
    refused(tmp_path, pickle.dumps(_Runs(mark)))
    assert not mark.exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["rgb.npy", "rgb"])
def test_a_file_that_two_readers_read_differently_is_refused(tmp_path: Path, second: str) -> None:
    out = io.BytesIO()
    np.save(out, np.zeros((240, 424, 3), np.uint8))
    assert "twice" in refused(tmp_path, zipped(("rgb.npy", out.getvalue()), (second, b"other")))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


@pytest.mark.parametrize("make", [_pipe, _endless, _sparse])
def test_a_name_that_is_no_file_keeps_nobody_waiting(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    directory = tmp_path / "collector"
    directory.mkdir()
    make(directory / "calibration_0000.npz")
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    source = DirectorySource(
        directory, Taken(tmp_path / "t.json"), 10.0, None, lambda: now[0], lambda: 0.0, sleep
    )
    source.switch(True)
    said: list[str] = []
    with within(20):
        for _ in range(20):
            assert source.read(0.3) is None
            said += source.news()
        index = Index(directory, SCHEMAS)
        index.refresh()
    source.close()
    assert len(said) == 1 and "left out" in said[0]
    assert [entry.verdict.state for entry in index.entries.values()] == ["bad"]


def test_a_name_that_is_no_utf_8_is_named_and_the_index_is_kept(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    good = SEEDS["sample"]()[0]
    Path(os.fsdecode(os.fsencode(tmp_path / "set") + b"/\xff\xfe.npz")).write_bytes(good)
    (tmp_path / "set" / "calibration_0000.npz").write_bytes(good)
    index = Index(tmp_path / "set", SCHEMAS, tmp_path / "index")
    index.refresh()
    index.save()
    states = sorted((e.verdict.state, e.verdict.problem) for e in index.entries.values())
    assert states == [("bad", "its name is not UTF-8"), ("usable", "")]
    assert list(Index(tmp_path / "set", SCHEMAS, tmp_path / "index").entries) == [
        "calibration_0000.npz"
    ]


def test_a_few_bytes_of_jpeg_are_no_gigapixel() -> None:
    import simplejpeg

    jpeg = simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8))
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        at = jpeg.find(marker)
        if at >= 0:
            size = struct.pack(">HH", 8192, 8192)
            jpeg = jpeg[: at + 5] + size + jpeg[at + 9 :]
    shapes = {"rgb": (8192, 8192, 3), "depth": (2, 3), "proprio": (6,), "action": (2,)}
    parts = {"rgb": jpeg, "depth": bytes(24), "proprio": bytes(24), "action": bytes(8)}
    found = packet.parse(packet.build(1.0, parts, shapes, compressed=True))
    with within(20), pytest.raises(packet.Malformed, match="no camera"):
        decode.arrays(found)


def test_a_time_larger_than_any_float_is_no_time() -> None:
    shapes = {"rgb": (2, 3, 3), "depth": (2, 3), "proprio": (6,), "action": (2,)}
    parts = {"rgb": bytes(18), "depth": bytes(24), "proprio": bytes(24), "action": bytes(8)}
    stamps = {"rgb": 10**400, "depth": float("nan"), "\x1b[2J": 1000.5}
    sent = packet.build(1000.0, parts, shapes, compressed=False, stamps=stamps)
    context: zmq.Context[Any] = zmq.Context()
    source = PacketSource(
        context, context.socket(zmq.PULL), "tap", "", rgbd6(), [], wall=lambda: 1001.0
    )
    try:
        frame = source._frame(packet.parse(sent), 0.0)
    finally:
        source.close()
    assert frame.ages == {clean("\x1b[2J", 20): 0.5}
