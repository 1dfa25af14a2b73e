"""The source that comes by itself: the collector's stream, its directory, or the camera."""

from __future__ import annotations

import time
from collections.abc import Callable

from rovertui.sensors.frame import Frame, Source, SourceFacts, Switchable, Telling

STREAM_FIRST_S = 3.0
CAMERA_AFTER_S = 6.0
_CAMERA_AGAIN_S = 10.0


class AutoSource:
    """Listens to the stream; reads the directory while the stream is silent.

    Args:
        stream: the collector's stream; always listened to.
        directory: its directory, or None where none is configured.
        camera: opens the camera, or says in words why not; None where ROS is configured, whose
            camera node owns it.
    """

    def __init__(
        self,
        stream: Source,
        directory: Source | None,
        camera: Callable[[], Source | str] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._directory = directory
        self._open_camera = camera
        self._camera: Source | None = None
        self._clock = clock
        self._began = clock()
        self._streamed = float("-inf")
        self._filed = float("-inf")
        self._next_camera = self._began + CAMERA_AFTER_S
        self._why_no_camera = ""
        self._on = False
        self._news: list[str] = []
        self._present: Source = stream

    @property
    def facts(self) -> SourceFacts:
        return self._present.facts

    def read(self, timeout: float) -> Frame | None:
        now = self._clock()
        frame = self._stream.read(timeout if self._camera is None else 0.0)
        if frame is not None:
            self._streamed = self._clock()
            self._release_camera("the collector's stream has come")
            return self._from(self._stream, frame)
        if now - max(self._streamed, self._began) < STREAM_FIRST_S:
            return None
        if self._directory is not None:
            frame = self._directory.read(0.0)
            if frame is not None:
                self._filed = self._clock()
                self._release_camera("files of the collector have come")
                return self._from(self._directory, frame)
        return self._from_camera(now, timeout)

    def _from(self, source: Source, frame: Frame) -> Frame:
        if source is not self._present:
            self._present = source
            self._news.append(f"Frames now come from: {source.facts.text}.")
        return frame

    def _from_camera(self, now: float, timeout: float) -> Frame | None:
        if self._open_camera is None:
            return None
        quiet = now - max(self._streamed, self._filed, self._began)
        if self._camera is None and quiet >= CAMERA_AFTER_S and now >= self._next_camera:
            self._next_camera = now + _CAMERA_AGAIN_S
            opened = self._open_camera()
            if isinstance(opened, str):
                self._why_no_camera = opened
            else:
                self._camera, self._why_no_camera = opened, ""
                self._switch(opened)
        if self._camera is None:
            return None
        frame = self._camera.read(timeout)
        return None if frame is None else self._from(self._camera, frame)

    def _release_camera(self, why: str) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None
            self._news.append(f"The camera is released: {why}.")

    def switch(self, on: bool) -> None:
        self._on = on
        for source in (self._stream, self._directory, self._camera):
            if source is not None:
                self._switch(source)

    def _switch(self, source: Source) -> None:
        if isinstance(source, Switchable):
            source.switch(self._on)

    def news(self) -> list[str]:
        said, self._news = self._news, []
        for source in (self._stream, self._directory, self._camera):
            if isinstance(source, Telling):
                said += source.news()
        return said

    def trouble(self) -> list[str]:
        reasons = self._present.trouble() if isinstance(self._present, Telling) else []
        if self._present is self._stream and isinstance(self._directory, Telling):
            reasons = [*reasons, *(r for r in self._directory.trouble() if r not in reasons)]
        if reasons and self._why_no_camera:
            reasons = [*reasons, self._why_no_camera]
        return reasons

    def park(self, parked: bool) -> None:
        self._present.park(parked)

    def close(self) -> None:
        for source in (self._stream, self._directory, self._camera):
            if source is not None:
                source.close()
