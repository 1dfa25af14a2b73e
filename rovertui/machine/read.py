"""Small files of /proc and /sys, read so that what is absent is None and nothing raises."""

from __future__ import annotations

from pathlib import Path

from rovertui.text import clean

_LONGEST = 1 << 20


class Root:
    """The file system as seen from ``path``; tests give a tree that looks like a board."""

    def __init__(self, path: Path = Path("/")) -> None:
        self.path = path
        self.denied: set[str] = set()

    def text(self, name: str) -> str | None:
        """The contents of ``name`` (without the leading /), or None."""
        try:
            with (self.path / name).open("rb") as stream:
                return stream.read(_LONGEST).decode(errors="replace").strip("\0 \t\r\n")
        except PermissionError:
            self.denied.add(f"/{name}")
            return None
        except OSError:
            return None

    def line(self, name: str) -> str | None:
        """The first line, made safe to show."""
        text = self.text(name)
        return clean(text.partition("\n")[0], 120) if text else None

    def number(self, name: str) -> int | None:
        text = self.text(name)
        try:
            return int(text.split()[0]) if text else None
        except (ValueError, IndexError):
            return None

    def glob(self, pattern: str) -> list[str]:
        """Names that match, sorted with numbers in their order."""
        try:
            found = [str(path.relative_to(self.path)) for path in self.path.glob(pattern)]
        except OSError:
            return []
        return sorted(found, key=lambda name: (len(name), name))
