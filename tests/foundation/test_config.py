"""The configuration explains itself and refuses by file, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.schema import rgbd6

ROOT = Path(__file__).parents[2]


def test_what_init_writes_reads_back_as_the_defaults() -> None:
    assert config_file.parse(config_file.render(Config())) == Config()


def test_the_repository_s_own_configuration_is_what_init_writes() -> None:
    assert (ROOT / "config.toml").read_text() == config_file.render(Config())


def test_every_key_is_explained() -> None:
    lines = config_file.render(Config()).splitlines()
    keys = [i for i, line in enumerate(lines) if " = " in line and not line.startswith(("#", " "))]
    explained = {lines[i].split(" = ")[0] for i in keys if lines[i - 1].startswith("#")}
    assert {lines[i].split(" = ")[0] for i in keys} <= explained


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rover]\nnam = 'x'", ["rover", "nam"]),
        ("[capture]\ncount = 'x'", ["capture.count", "a whole number, got text"]),
        ("[capture]\ncount = 0", ["capture.count", ">= 1"]),
        ("[capture]\nschema = 'other'", ["capture.schema", "rgbd6", "other"]),
        ("[v620]\npattern = 'model'", ["v620.pattern", "exactly one *"]),
        ("[node]\nlink = '../x.rknn'", ["node.link", "../x.rknn"]),
        ("[source]\nkind = 'banana'", ["source.kind", "none, realsense, ", "banana"]),
        ("[conversion]\nprecision = 'int4'", ["conversion.precision", "auto, fp16", "int4"]),
        (
            "[schemas.a.arrays.b]\nshape = [1]\ndtype = 'c'",
            ["schemas[...].arrays[...].dtype", "uint8", "float32", "found 'c'"],
        ),
        ("[schemas.a]\naxes = [{scale = 'c'}]", ["axes[0].scale", "linear", "log"]),
        ("[conversion]\ntarget = 'lots'", ["conversion.target", "rk3588", "lots"]),
        ("a = ", ["not valid TOML"]),
    ],
)
def test_a_mistake_is_named_with_file_and_key(text: str, words: list[str]) -> None:
    with pytest.raises(OperatorError) as caught:
        config_file.parse(text, "/w/config.toml")
    for word in ["/w/config.toml", *words]:
        assert word in caught.value.message
    assert ("not valid TOML" in caught.value.message) == (text == "a = ")


@pytest.mark.parametrize("value", ["0", "1/0", "x", ""])
def test_a_scale_that_is_no_number_is_refused(value: str) -> None:
    text = config_file.render(Config()).replace('net_scale = "1/255"', f'net_scale = "{value}"')
    with pytest.raises(OperatorError, match=r"inputs\.rgb\.net_scale"):
        config_file.parse(text)


def test_nobody_has_decided_what_depth_training_fed_until_a_person_does() -> None:
    assert Config().schema.inputs["depth"].net_scale == "ask"
    assert rgbd6("1/6").inputs["depth"].net_scale == "1/6"


def test_an_existing_configuration_is_never_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    config_file.create(path)
    path.write_text("# mine\n")
    with pytest.raises(OperatorError, match="already exists"):
        config_file.create(path)
    assert path.read_text() == "# mine\n"
