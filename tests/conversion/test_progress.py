"""The toolkit's own words, captured from real conversions, read as stages and progress."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.conversion.progress import Folded, Lines, Said, parse

CAPTURED = Path(__file__).with_name("captured")


def heard(rung: str, block: int = 1 << 20) -> list[Said]:
    data = (CAPTURED / f"{rung}.stderr").read_bytes()
    lines = Lines()
    texts = [t for i in range(0, len(data), block) for t in lines.feed(data[i : i + block])]
    return [said for text in [*texts, *lines.close()] if (said := parse(text))]


def stages(said: list[Said]) -> list[str]:
    out: list[str] = []
    for one in said:
        if one.stage and (not out or out[-1] != one.stage):
            out.append(one.stage)
    return out


@pytest.mark.parametrize(
    ("rung", "expected"),
    [
        ("int8", ["load", "fuse", "quantize", "build"]),
        ("fp16", ["load", "fuse", "build"]),
        ("hybrid", ["load", "fuse", "quantize", "load", "fuse", "build"]),
    ],
)
def test_stages_come_in_the_toolkits_order(rung: str, expected: list[str]) -> None:
    assert stages(heard(rung)) == ["check", "prepare", *expected, "verify", "export"]


@pytest.mark.parametrize("rung", ["int8", "hybrid"])
def test_quantizing_counts_to_its_end(rung: str) -> None:
    counts = [(s.done, s.total) for s in heard(rung) if s.stage == "quantize" and s.total]

    assert counts[0][0] == 0 and counts[-1][0] == counts[-1][1] > 10
    assert counts == sorted(counts)


@pytest.mark.parametrize("rung", ["int8", "hybrid", "fp16"])
def test_a_good_build_gives_no_warning_although_it_prints_errors(rung: str) -> None:
    text = (CAPTURED / f"{rung}.stderr").read_text()

    assert "E RKNN" in text
    assert [said for said in heard(rung) if said.kind in ("warning", "fatal")] == []


def test_fusing_has_no_figure_because_it_runs_backwards() -> None:
    assert {s.total for s in heard("int8") if s.stage == "fuse"} == {0}


@pytest.mark.parametrize("block", [1, 7, 64])
def test_lines_are_whole_however_they_arrive(block: int) -> None:
    assert heard("hybrid", block) == heard("hybrid")


def test_bars_in_their_usual_form_and_in_two_parts() -> None:
    line = "I Quantizating :  39%|█████▏       | 11/28 [00:00<00:00, 21.13it/s]"
    assert parse(line) == Said("progress", "layers", "quantize", 11, 28)
    line = "I Quantizating 2/2 :  39%|█████▏       | 11/28 [00:00<00:00, 21.13it/s]"
    assert parse(line) == Said("progress", "layers", "quantize", 39, 56)
    assert parse("I Quantizating 1/2 @11/28") == Said("progress", "layers", "quantize", 11, 56)


def test_an_unexpected_complaint_is_a_warning_without_colours() -> None:
    said = parse("\x1b[1;33mW\x1b[0m \x1b[1;33mload_onnx: something new\x1b[0m")

    assert said == Said("warning", "load_onnx: something new")
    said = parse("E RKNN: [12:00:00.000] no such thing")
    assert said and said.kind == "warning"


def test_random_weights_are_fatal() -> None:
    line = (
        "\x1b[1;33mW\x1b[0m load_onnx: Load external data for 'q.2.weight' failed! "
        "Generate random data for test!"
    )
    said = parse(line)
    assert said and said.kind == "fatal"


def test_repeated_warnings_are_counted_not_repeated() -> None:
    folded = Folded()

    assert folded.first("E RKNN: [12:00:00.000] slow")
    assert not folded.first("E RKNN: [12:00:07.123] slow")
    assert folded.first("another")
    assert folded.repeats() == 1


@settings(max_examples=300, deadline=None)
@given(
    blocks=st.lists(
        st.binary(max_size=60)
        | st.sampled_from(
            [b"I Quantizating 9/0 @1/2\r", b"\x1b[2J", b"\n", b"I Loading @", b"9" * 50]
        )
    )
)
def test_any_bytes_come_out_as_clean_bounded_lines(blocks: list[bytes]) -> None:
    lines = Lines()
    texts = [text for block in blocks for text in lines.feed(block)] + list(lines.close())

    for text in texts:
        said = parse(text)
        if said is None:
            continue
        assert len(said.text) <= 2000 and said.done >= 0 and said.total >= 0
        assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in said.text)


def test_a_line_without_an_end_does_not_grow() -> None:
    lines = Lines()
    for _ in range(100):
        assert all(len(text) <= 16_384 for text in lines.feed(b"x" * 10_000))
    assert len(next(iter(lines.close()), "")) <= 16_384
