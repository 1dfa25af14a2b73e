"""The program as one text that a Python reads from its standard input."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = "rovertui.deployment.there"
_MODULES = ("files", "models", "node", "program")
"""In this order each finds what it imports."""

_START = """\
import sys, types
for name in {parents!r}:
    sys.modules[name] = types.ModuleType(name)
for name, text in {modules!r}:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""


def text() -> bytes:
    """All modules and what starts them; the job comes as the first argument."""
    words = _PACKAGE.split(".")
    parents = [".".join(words[: count + 1]) for count in range(len(words))]
    here = Path(__file__).parent
    modules = [
        (f"{_PACKAGE}.{name}", (here / f"{name}.py").read_text(encoding="utf-8"))
        for name in _MODULES
    ]
    return _START.format(parents=parents, modules=modules).encode()
