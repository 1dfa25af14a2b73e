"""Values change in config.toml; comments, order and all else stay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui import config_file
from rovertui.config import Config
from rovertui.config_edit import changed, read_value, write
from rovertui.errors import OperatorError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEMPLATE = config_file.render(Config())


@pytest.mark.parametrize(
    ("before", "settings", "after"),
    [
        ('[v620]\nhost = "" # where\nuser = "a"\n', {"v620.host": "b"}, None),
        (
            '[source]\n# why\nkind = "none"\n\n# next\n[tap]\n',
            {"source.path": "x"},
            '[source]\n# why\nkind = "none"\npath = "x"\n\n# next\n[tap]\n',
        ),
        (
            'a = """\n[v620]\nhost = 1\n"""\n[v620]\n',
            {"v620.host": "b"},
            'a = """\n[v620]\nhost = 1\n"""\n[v620]\nhost = "b"\n',
        ),
        (
            '[node]\nreload_command = [\n  "a", # one\n  "b",\n]\nlink = "x"\n',
            {"node.reload_command": ["c"]},
            '[node]\nreload_command = ["c"]\nlink = "x"\n',
        ),
        ("", {"v620.host": "b"}, '\n[v620]\nhost = "b"\n'),
        ("# only\n", {"screen.bell": True}, "# only\n\n[screen]\nbell = true\n"),
        ('[tap]\r\nlisten = "x"\r\n', {"tap.listen": "y"}, '[tap]\r\nlisten = "y"\r\n'),
        ('[v620]\nhost = "#1" # 2\n', {"v620.host": "#3"}, '[v620]\nhost = "#3" # 2\n'),
        (
            '[keys]\n# why\ncopy = "Y" # mine\nship = "X"\n',
            {"keys.copy": ""},
            '[keys]\n# why\nship = "X"\n',
        ),
        ('[v620]\nhost = "a"\n', {"keys.copy": ""}, '[v620]\nhost = "a"\n'),
        (
            '[source]\nkind = "none"\n[source.topics]\nkind = "x"\n',
            {"source.kind": "tap"},
            '[source]\nkind = "tap"\n[source.topics]\nkind = "x"\n',
        ),
    ],
)
def test_one_value_changes_and_nothing_else(
    before: str, settings: dict[str, Any], after: str | None
) -> None:
    expected = after if after is not None else '[v620]\nhost = "b" # where\nuser = "a"\n'
    assert changed(before, settings) == expected


@pytest.mark.parametrize(
    "text",
    ['v620.host = "a"\n', 'v620 = { host = "a" }\n', '["v620"]\n"ho\\u0073t" = "a"\n'],
)
def test_what_cannot_be_changed_alone_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(OperatorError, match="cannot change") as caught:
        changed(text, {"v620.host": "b"})
    assert 'v620.host = "b"' in caught.value.hint


TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "rover.name": TEXT,
        "source.kind": st.sampled_from(["tap", "none", "ros"]),
        "source.setup_files": st.lists(TEXT, max_size=3),
        "tap.upstream": TEXT,
        "capture.interval": st.floats(0.1, 1e6),
        "v620.port": st.integers(0, 65535),
        "screen.bell": st.booleans(),
    },
)


@settings(deadline=None, max_examples=60)
@given(VALUES, VALUES)
def test_any_values_go_in_twice_and_every_comment_stays(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    made = changed(changed(TEMPLATE, first), second)
    wanted = {**first, **second}
    found = tomllib.loads(made)
    for name, value in wanted.items():
        section, key = name.split(".")
        assert found[section][key] == value
    assert [line for line in made.split("\n") if line.startswith("#")] == [
        line for line in TEMPLATE.split("\n") if line.startswith("#")
    ]
    assert len(made.split("\n")) == len(TEMPLATE.split("\n"))


def test_a_file_is_written_only_when_all_of_it_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEMPLATE)
    path.chmod(0o600)
    for wrong in ({"source.kind": "tab"}, {"v620.nothing": "x"}, {"v620.port": -1}, {"host": "x"}):
        with pytest.raises(OperatorError):
            write(path, {"v620.host": "v620", **wrong})
        assert path.read_text() == TEMPLATE
    assert write(path, {"v620.host": "v620"}).v620.host == "v620"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("[v620\n")
    with pytest.raises(OperatorError, match="not valid TOML"):
        write(path, {"v620.host": "v620"})


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text(TEMPLATE)
    link.symlink_to(real)
    write(link, {"v620.host": "v620"})
    assert link.is_symlink() and 'host = "v620"' in real.read_text()


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("v620", "v620"),
        ("10.0.0.2", "10.0.0.2"),
        ('"4"', "4"),
        ("4", 4),
        ("true", True),
        ('["a", "b"]', ["a", "b"]),
        ("[1]", "[1]"),
        ("2026-01-01", "2026-01-01"),
        ("", ""),
    ],
)
def test_a_value_is_typed_as_a_word_or_as_toml_has_it(typed: str, value: object) -> None:
    assert read_value(typed) == value
