"""The D435i through pyrealsense2: opened with capture, released with it, back after a loss."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from rovertui.config import Source as Settings
from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.sensors.attitude import Axes
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.framesets import FramesetReader
from rovertui.sensors.holders import holders
from rovertui.text import clean

WIDTH, HEIGHT, FPS = 424, 240, 30
_VIDEO = r"/dev/video\d+"
_LOST_AFTER_S = 2.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0


class Stream(Protocol):
    """A running camera."""

    details: dict[str, str]
    reader: FramesetReader

    def next(self, timeout: float) -> Any | None:
        """A frameset, or None when none came in time. RuntimeError: the camera is gone."""

    def close(self) -> None: ...


def camera_there(settings: Settings) -> str:
    """Why the camera cannot be opened now, in words; empty when it can. Opens nothing."""
    try:
        import pyrealsense2 as rs
    except ImportError as error:
        return f"pyrealsense2 cannot be loaded: {clean(str(error), 200)}"

    devices = list(rs.context().query_devices())
    if not devices:
        return "no RealSense camera is connected (see the cable, `lsusb`, and the udev rules)"
    serials = [_info(device, rs.camera_info.serial_number) for device in devices]
    if settings.serial and settings.serial not in serials:
        return f"no camera has the serial {clean(settings.serial, 40)}; here: {', '.join(serials)}"
    if not settings.serial and len(devices) > 1:
        return f"{len(devices)} cameras are connected: set source.serial to one of {serials}"
    busy = holders(_VIDEO)
    return f"the camera is held by {', '.join(busy)}" if busy else ""


def _info(device: Any, which: Any) -> str:
    return clean(device.get_info(which), 60) if device.supports(which) else ""


class _Camera:
    """A started pipeline with colour, depth and, where the camera has one, its IMU."""

    def __init__(self, settings: Settings, schema: Schema) -> None:
        import pyrealsense2 as rs

        self._pipeline = rs.pipeline()
        wanted = rs.config()
        if settings.serial:
            wanted.enable_device(settings.serial)
        wanted.enable_stream(rs.stream.color, WIDTH, HEIGHT, rs.format.rgb8, FPS)
        wanted.enable_stream(rs.stream.depth, WIDTH, HEIGHT, rs.format.z16, FPS)
        with_imu = rs.config()
        if settings.serial:
            with_imu.enable_device(settings.serial)
        with_imu.enable_stream(rs.stream.color, WIDTH, HEIGHT, rs.format.rgb8, FPS)
        with_imu.enable_stream(rs.stream.depth, WIDTH, HEIGHT, rs.format.z16, FPS)
        with_imu.enable_stream(rs.stream.accel)
        with_imu.enable_stream(rs.stream.gyro)
        imu = bool(with_imu.can_resolve(self._pipeline))
        profile = self._pipeline.start(with_imu if imu else wanted)
        device = profile.get_device()
        usb = _info(device, rs.camera_info.usb_type_descriptor)
        self.details = {
            "camera": _info(device, rs.camera_info.name),
            "serial": _info(device, rs.camera_info.serial_number),
            "firmware": _info(device, rs.camera_info.firmware_version),
            "USB": f"{usb}: SLOW, use a USB 3 cable" if usb.startswith("2") else usb,
            "IMU": "yes" if imu else "none",
        }
        scale = device.first_depth_sensor().get_depth_scale()
        self.reader = FramesetReader(rs, schema, scale, FPS, settings.axes, live=True)

    def next(self, timeout: float) -> Any | None:
        came, frameset = self._pipeline.try_wait_for_frames(max(1, int(timeout * 1000)))
        return frameset if came else None

    def close(self) -> None:
        self._pipeline.stop()


def open_camera(settings: Settings, schema: Schema) -> Stream:
    """Start the camera. Raises OperatorError where it is not there or held by another program."""
    why = camera_there(settings)
    if why:
        raise OperatorError(f"{why[0].upper()}{why[1:]}.")
    try:
        return _Camera(settings, schema)
    except RuntimeError as error:
        busy = holders(_VIDEO)
        by = f" It is held by {', '.join(busy)}." if busy else ""
        raise OperatorError(
            f"The camera cannot be started: {clean(str(error), 200)}.{by}"
        ) from None


class RealSenseSource:
    """The camera as a source; it is held only while capture is on.

    Args:
        opening: starts the camera or raises OperatorError.
        besides: arrays that come from elsewhere.
    """

    def __init__(
        self,
        settings: Settings,
        schema: Schema,
        opening: Callable[[Settings, Schema], Stream] = open_camera,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        besides: Collection[str] = (),
    ) -> None:
        self._besides = besides
        if settings.axes:
            Axes(settings.axes)
        self._settings = settings
        self._schema = schema
        self._opening = opening
        self._clock = clock
        self._sleep = sleep
        self._stream: Stream | None = None
        self._details: dict[str, str] = {}
        self._news: list[str] = []
        self._on = False
        self._why = ""
        self._lost = False
        self._wait = _FIRST_WAIT_S
        self._next_try = float("-inf")
        self._heard = clock()
        self._restarts = 0
        self._told_absent = False

    @property
    def facts(self) -> SourceFacts:
        return SourceFacts(
            kind="realsense",
            text="RealSense camera",
            simulated=False,
            details={**self._details, "restarts": str(self._restarts)} if self._details else {},
        )

    def read(self, timeout: float) -> Frame | None:
        """The next frame; a camera that is gone is tried again with growing pauses."""
        if self._stream is None and not (self._on and self._open()):
            self._sleep(timeout)
            return None
        assert self._stream is not None
        try:
            frameset = self._stream.next(timeout)
            frame = None if frameset is None else self._stream.reader.read(frameset)
        except RuntimeError as error:
            self._drop(clean(str(error), 200))
            return None
        self._news += self._stream.reader.news
        self._stream.reader.news.clear()
        now = self._clock()
        if frameset is not None:
            self._heard = now
        elif now - self._heard > _LOST_AFTER_S:
            self._drop(f"no frame for {now - self._heard:.0f} s")
            return None
        if frame is not None:
            self._came(frame)
        return frame

    def _open(self) -> bool:
        now = self._clock()
        if now < self._next_try:
            return False
        self._next_try = now + self._wait
        self._wait = min(self._wait * 2, _LONGEST_WAIT_S)
        try:
            self._stream = self._opening(self._settings, self._schema)
        except OperatorError as error:
            if self._why != error.message:
                self._news.append(error.sentence())
            self._why = error.message
            return False
        self._why = ""
        self._details = dict(self._stream.details)
        self._heard = self._clock()
        return True

    def _came(self, frame: Frame) -> None:
        self._wait = _FIRST_WAIT_S
        if self._lost:
            self._lost = False
            self._restarts += 1
            self._news.append("The camera is back.")
        if not self._told_absent:
            self._told_absent = True
            given = {*frame.arrays, *self._besides}
            missing = [name for name in self._schema.arrays if name not in given]
            if missing:
                self._news.append(
                    f"The camera alone gives no {', '.join(missing)}: nothing can be kept in this "
                    "schema without it."
                )

    def _drop(self, why: str) -> None:
        self._news.append(f"The camera is lost: {why}; it is tried again.")
        self._lost, self._why = True, f"the camera is lost: {why}"
        self._next_try = self._clock() + self._wait
        self.close()

    def switch(self, on: bool) -> None:
        """Take the camera with capture, and release it with capture."""
        self._on = on
        if on:
            self._next_try, self._wait = float("-inf"), _FIRST_WAIT_S
        else:
            self.close()
            self._lost, self._why = False, ""

    def news(self) -> list[str]:
        said, self._news = self._news, []
        return said

    def trouble(self) -> list[str]:
        if self._why:
            return [self._why]
        if not self._on:
            return ["the camera is taken when capture is switched on, and released with it"]
        return []

    def park(self, parked: bool) -> None:
        raise OperatorError("Only a simulated rover can be told to park.")

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                stream.close()
            except RuntimeError as error:
                self._news.append(f"The camera was not released cleanly: {clean(str(error), 200)}.")
