"""Write docs/modules.md: every module, what it is, and which packages it imports.

``python docs/make_modules.py``; tests/test_docs.py fails when the page is not what this prints.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/modules.md"
HEAD = """\
# Map of modules

Made by `docs/make_modules.py` from the first lines and the imports of the files themselves; a test
holds it against them. "needs" names what of the rest of the program a module imports, at its top or
in a function. Which package may import which: [architecture.md](architecture.md).
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for package in ("rovertui", "widgets"):
        directories = {path.parent for path in (ROOT / package).rglob("*.py")}
        for directory in sorted(directories):
            parts.append(section(directory))
    return "\n".join(parts)


def section(directory: Path) -> str:
    name = ".".join(directory.relative_to(ROOT).parts)
    files = sorted(directory.glob("*.py"))
    rows = [row(path, name) for path in files if path.name != "__init__.py"]
    about = summary(directory / "__init__.py") if (directory / "__init__.py").exists() else ""
    head = f"## {name}\n\n{about}\n" if about else f"## {name}\n"
    return "\n".join([head, "| module | what it is | needs |", "|---|---|---|", *rows, ""])


def row(path: Path, package: str) -> str:
    needs = ", ".join(f"`{name}`" for name in sorted(imports(path, package)))
    return f"| `{path.stem}` | {summary(path)} | {needs} |"


def summary(path: Path) -> str:
    """The first line of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def imports(path: Path, package: str) -> set[str]:
    """Modules of ours that a file imports; those of its own package by their last name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module.split(".")[0] in ("rovertui", "widgets"):
                found |= {target(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.split(".")[0] in ("rovertui", "widgets")}
    return {name.removeprefix(f"{package}.") if _direct(name, package) else name for name in found}


def target(module: str, name: str) -> str:
    """The module that ``from module import name`` takes something of."""
    path = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.with_suffix(".py").exists() or path.is_dir() else module


def _direct(name: str, package: str) -> bool:
    return name.startswith(f"{package}.") and "." not in name[len(package) + 1 :]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
