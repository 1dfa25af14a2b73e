"""A librealsense recording (``.db3``) played through a real pipeline."""

from __future__ import annotations

from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.framesets import FramesetReader
from rovertui.text import clean

_FPS = 30.0


class Recording:
    """Frames of a recording, once through; can be paused.

    Args:
        flat_out: as fast as frames are read instead of in real time.
        axes: see ``source.axes``.

    Raises:
        OperatorError: no recording, or one without colour and depth.
    """

    def __init__(
        self, path: Path, schema: Schema, axes: str = "", *, flat_out: bool = False
    ) -> None:
        import pyrealsense2 as rs

        if not path.is_file():
            raise OperatorError(f"{path}: there is no recording.", hint="See source.path.")
        self._rs = rs
        self._news: list[str] = []
        self._paused = self._ended = False
        self._pipeline = rs.pipeline()
        wanted = rs.config()
        try:
            wanted.enable_device_from_file(str(path), repeat_playback=False)
            profile = self._pipeline.start(wanted)
        except RuntimeError as error:
            raise OperatorError(
                f"{path}: cannot be played: {clean(str(error), 200)}.",
                hint="Recordings of librealsense 2.59 and later end in .db3.",
            ) from None
        # No status callback is set: it aborted the process at its end in some runs.
        self._playback = profile.get_device().as_playback()
        self._playback.set_real_time(not flat_out)
        names = {stream.stream_type() for stream in profile.get_streams()}
        if not {rs.stream.color, rs.stream.depth} <= names:
            self._pipeline.stop()
            raise OperatorError(f"{path}: holds no colour or no depth.")
        fps = float(profile.get_stream(rs.stream.color).fps() or _FPS)
        scale = self._depth_scale(profile)
        self._reader = FramesetReader(rs, schema, scale, fps, axes, live=False)
        self.facts = SourceFacts(
            kind="replay",
            text=f"recording {clean(path.name, 60)}",
            simulated=False,
            details={"streams": ", ".join(sorted(str(n).rpartition(".")[2] for n in names))},
        )

    def _depth_scale(self, profile: object) -> float:
        try:
            device = profile.get_device()  # type: ignore[attr-defined]
            return float(device.first_depth_sensor().get_depth_scale())
        except RuntimeError:
            self._news.append("The recording does not say what a unit of depth is: 1 mm is taken.")
            return 0.001

    def read(self, timeout: float) -> Frame | None:
        """The next matched frame; None while paused and after the last."""
        came, frameset = self._pipeline.try_wait_for_frames(max(1, int(timeout * 1000)))
        if came:
            frame = self._reader.read(frameset)
            self._news += self._reader.news
            self._reader.news.clear()
            return frame
        stopped = self._playback.current_status() == self._rs.playback_status.stopped
        if stopped and not self._ended:
            self._ended = True
            self._news.append("The replay is at its end.")
        return None

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def dropped(self) -> int:
        """Framesets left out because colour and depth were of different moments."""
        return self._reader.dropped

    def news(self) -> list[str]:
        said, self._news = self._news, []
        return said

    def trouble(self) -> list[str]:
        if self._ended:
            return ["the replay is at its end"]
        return ["the replay is paused"] if self._paused else []

    def park(self, parked: bool) -> None:
        """Pause, or go on."""
        if parked != self._paused and not self._ended:
            self._paused = parked
            (self._playback.pause if parked else self._playback.resume)()

    def close(self) -> None:
        if self._paused:
            self._playback.resume()
        self._pipeline.stop()
