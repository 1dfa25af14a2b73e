"""The vendor's Python packages, which fail alike: they raise, or return a number that is not 0."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .failure import Failure, last_words


@dataclass(frozen=True)
class Package:
    """One of them.

    Attributes:
        name: as pip knows it.
        module, entry: where its class lies.
        code: of a `Failure` inside it.
        missing: of a `Failure` where it is not here, and the hint of that.
    """

    name: str
    module: str
    entry: str
    code: str
    missing: tuple[str, str]

    def load(self) -> Callable[..., Any]:
        """Its class.

        Raises:
            Failure: it cannot be imported here.
        """
        try:
            found: Callable[..., Any] = getattr(importlib.import_module(self.module), self.entry)
        except ImportError as error:
            code, hint = self.missing
            raise Failure(
                f"{self.name} cannot be imported here: {error}.", hint=hint, code=code
            ) from None
        return found

    def version(self) -> str:
        """As pip has it; empty where it does not."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version(self.name)
        except PackageNotFoundError:
            return ""

    def call(self, what: str, function: Callable[[], Any]) -> None:
        """Call what answers 0.

        Raises:
            Failure: it raised, or answered something else.
        """
        try:
            code = function()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  it raises whatever it met inside
            raise self.failed(what, error) from None
        if code != 0:
            raise Failure(
                f"{self.name}'s {what} failed (it returned {code!r}).",
                hint="The last lines of the log say why.",
                code=self.code,
                where=what,
            )

    def failed(self, what: str, error: Exception) -> Failure:
        """What it raised, in words: its text is often a whole traceback."""
        return Failure(
            f"{self.name}'s {what} failed: {last_words(str(error) or repr(error))}",
            hint="The log has the whole text.",
            code=self.code,
            where=what,
        )
