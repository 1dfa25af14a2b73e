"""The pages say what there is: commands, operations, keys, tests, links, settings."""

from __future__ import annotations

import hashlib
import re
import runpy
import sys
from pathlib import Path
from typing import get_args

import click
import pytest

from rovertui import config_file
from rovertui.catalogue import OPERATIONS
from rovertui.cli import cli
from rovertui.config import Kind
from rovertui.keys.table import COMMANDS, MOVES, shown_key

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted(DOCS.glob("*.md")),
    ROOT / "calibration_data/README.md",
    ROOT / "models/README.md",
]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_CODE = re.compile(r"`([^`\n]+)`")
_PLACE = re.compile(r"`((?:rovertui|widgets|bench|tests|docs)/[\w/.-]+)`")
_NAMED = re.compile(r"`(\w+)`\s+in\s+`([\w/]+\.py)`")
_TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands() -> list[tuple[str, click.Command]]:
    """Every command and subcommand, by the words it is called with."""
    found: list[tuple[str, click.Command]] = []
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {below}", command.commands[below]) for below in command.commands]
        else:
            found.append((name, command))
    return found


def test_every_command_and_each_of_its_options_is_described() -> None:
    page = read("cli.md")
    codes = " ".join(_CODE.findall(page))
    for name, command in commands():
        assert re.search(rf"`{re.escape(name)}\b", page), name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help",):
                    assert option in codes, f"{name} {option}"


def test_every_word_that_an_option_or_argument_takes_is_described() -> None:
    page = read("cli.md")
    for name, command in commands():
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice):
                for word in parameter.type.choices:
                    assert re.search(rf"\b{word}\b", page), f"{name} {word}"


def test_every_kind_of_source_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", read("rover.md").split("Other kinds of")[1], re.M)
    setting = (ROOT / config_file.NAME).read_text(encoding="utf-8").split("\nkind = ")[0]
    explained = setting.rpartition("[source]")[2]
    for kind in get_args(Kind):
        assert kind in rows, f"{kind}: the table of kinds in rover.md"
        assert f'"{kind}"' in explained, f"{kind}: the description of source.kind"


def test_every_operation_is_described() -> None:
    page = read("cli.md")
    for operation in OPERATIONS:
        assert f"`{operation.id}`" in page, operation.id


def test_every_key_and_every_command_without_one_is_described() -> None:
    page = read("operator.md")
    for command in COMMANDS:
        if command.key:
            assert f"`{shown_key(command.key)}`" in page, command.name
        else:
            assert f"*{command.title(None)}*" in page, command.name
    for move in MOVES:
        assert f"`{move.shown}`" in page, move.name


def test_every_test_that_is_named_exists() -> None:
    named = [found for page in PAGES for found in _TEST.findall(page.read_text(encoding="utf-8"))]
    assert len(named) > 40
    for file, function in named:
        path = ROOT / file
        assert path.is_file(), file
        if function:
            source = path.read_text(encoding="utf-8")
            assert re.search(rf"^\s*(?:async )?def {function}\(", source, re.M), function


def test_every_place_in_the_code_that_is_named_exists() -> None:
    for page in PAGES:
        for place in _PLACE.findall(page.read_text(encoding="utf-8")):
            assert "NAME" in place or (ROOT / place).exists(), f"{page.name}: {place}"


def test_what_the_recipes_say_is_in_a_module_is_defined_there() -> None:
    named = _NAMED.findall(read("developing.md"))
    assert len(named) > 25
    for name, place in named:
        source = (ROOT / place).read_text(encoding="utf-8")
        defined = rf"^\s*(?:class |(?:async )?def |(?:self\.)?(?={name}\b[^\n(]*[:=])){name}\b"
        assert re.search(defined, source, re.MULTILINE), f"{name} in {place}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        path = (page.parent / place).resolve() if place else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), target


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    blocks = [block for page in PAGES for block in _TOML.findall(page.read_text(encoding="utf-8"))]
    assert len(blocks) >= 3
    written = (ROOT / config_file.NAME).read_text(encoding="utf-8")
    for block in blocks:
        head = block.split("\n", 1)[0].strip()
        before, found, rest = written.partition(f"\n{head}\n")
        assert found, head
        table, follows, after = rest.partition("\n[")
        keys, there = (set(re.findall(r"^(\w+) = ", text, re.MULTILINE)) for text in (block, table))
        assert keys <= there, head
        path = tmp_path / config_file.NAME
        path.write_text(f"{before}\n{block}{follows}{after}", encoding="utf-8")
        config_file.load(path)


def test_every_table_of_the_configuration_is_mentioned() -> None:
    pages = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    tables = re.findall(r"^\[(\w+)\]", (ROOT / config_file.NAME).read_text("utf-8"), re.MULTILINE)
    for table in tables:
        assert re.search(rf"\[{table}\]", pages), table


def test_the_figures_are_of_the_policy_that_is_here() -> None:
    policy = hashlib.sha256((ROOT / "rovertui/demo/policy.onnx").read_bytes()).hexdigest()[:12]
    for page in (ROOT / "README.md", DOCS / "seed.md", DOCS / "benchmarks.md"):
        measured = page.read_text(encoding="utf-8").split("<!-- precision -->")[1]
        assert f"`{policy}`" in measured.split("<!-- end -->")[0], f"{page.name}: docs/figures.py"


def test_pictures_fetch_nothing() -> None:
    for picture in DOCS.rglob("*.svg"):
        found = picture.read_text(encoding="utf-8")
        assert not re.search(r"(?:href|src)=\"http|url\(\s*[\"']?http|@import|<script", found)


def test_the_map_of_modules_is_that_of_the_files() -> None:
    made = runpy.run_path(str(DOCS / "make_modules.py"))
    assert read("modules.md") == made["page"](), "run `python docs/make_modules.py`"


def test_what_the_table_of_packages_forbids_is_a_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    held = {
        (package, module)
        for contract in contracts["contracts"]
        if contract["type"] == "forbidden"
        for package in contract["source_modules"]
        for module in contract["forbidden_modules"]
    }
    rows = re.findall(r"^\| `([\w.]+)` \|.*\| ([^|]+) \|$", read("architecture.md"), re.MULTILINE)
    said = {
        (package, module)
        for package, forbidden in rows
        for module in re.split(r",\s*", forbidden.replace("`", ""))
        if " " not in module
    }
    assert len(said) > 25
    assert said <= held
