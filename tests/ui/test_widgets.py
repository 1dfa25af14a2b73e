"""Bars, trends, stages, rows and the log window, as pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.big_text import big_text
from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.histogram import bars, columns, marked_cells, position, scale_row
from widgets.line_view import spans
from widgets.log_view import BLOCK, LogModel, found_at
from widgets.rows import clip, fit, middle, visible, width_of, window, wrap
from widgets.stage_bar import Stage, bar, percent, stage_columns
from widgets.trend import trend

COUNTS = st.lists(st.integers(0, 5000), min_size=2, max_size=64)
GLYPHS = st.sampled_from([UNICODE, ASCII])
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(COUNTS, st.integers(1, 200), st.integers(1, 8), st.none() | st.floats(0, 1), GLYPHS)
def test_a_histogram_has_the_height_asked_for_and_never_more_width(
    counts: list[int], width: int, height: int, now: float | None, glyphs: Glyphs
) -> None:
    drawn = bars(counts, width, height, now, glyphs)
    assert len(drawn) == height
    assert {width_of(row) for row in drawn} == {len(columns(counts, width))}
    assert width_of(drawn[0]) <= width


@given(COUNTS, st.integers(64, 200), GLYPHS)
def test_a_bin_that_holds_anything_is_never_drawn_empty(
    counts: list[int], width: int, glyphs: Glyphs
) -> None:
    lowest = "".join(text for text, _ in bars(counts, width, 3, None, glyphs)[-1])
    for cell, index in enumerate(columns(counts, width)):
        assert (lowest[cell] != " ") == (counts[index] > 0)


def test_the_present_value_is_marked_by_a_sign_not_by_colour_alone() -> None:
    row = scale_row("0", "255", [1] * 16, 32, position(112, 0, 255), UNICODE)
    text = "".join(piece for piece, _ in row)
    assert text.index("▲") in marked_cells([1] * 16, 32, 112 / 255)
    assert text.startswith("0") and text.endswith("255")
    one_line = bars([3] * 16, 32, 1, 0.5, ASCII)[0]
    assert "^" in "".join(piece for piece, _ in one_line)


@given(COUNTS, st.integers(1, 80), st.none() | st.floats(0, 1))
def test_the_scale_is_as_wide_as_the_bars(counts: list[int], width: int, now: float | None) -> None:
    row = scale_row("-0.2", "0.2 m/s", counts, width, now, UNICODE)
    assert width_of(row) == len(columns(counts, width))


def test_a_mark_never_leaves_half_a_number_standing() -> None:
    row = scale_row("-0.2", "0.2 m/s", [0] * 16, 32, 0.0, UNICODE)
    assert "".join(piece for piece, _ in row).split() == ["▲", "0.2", "m/s"]


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["linear", "log"]))
def test_a_position_is_within_the_range_or_none(
    value: float, low: float, high: float, scale: object
) -> None:
    place = position(value, low, high, scale)  # type: ignore[arg-type]
    assert place is None or 0.0 <= place <= 1.0


def test_a_log_axis_spaces_by_ratio() -> None:
    assert position(0.9, 0.2, 4.0, "log") == pytest.approx(0.502, abs=0.001)
    assert position(0.2, 0.2, 4.0, "log") == 0.0
    assert position(-1.0, 0.2, 4.0, "log") == 0.0


@given(st.lists(NUMBERS, max_size=80), st.integers(0, 60), GLYPHS)
def test_a_trend_has_exactly_the_width_asked_for(
    values: list[float], width: int, glyphs: Glyphs
) -> None:
    assert cell_len(trend(values, width, glyphs)) == width


def test_noise_of_a_constant_is_not_drawn_as_a_signal() -> None:
    levels = [UNICODE.levels.index(c) for c in trend([9.81, 9.82, 9.81, 9.80], 4, span=1.0)]
    assert max(levels) - min(levels) <= 1
    assert trend([0, 1, 2, 3], 4)[0] < trend([0, 1, 2, 3], 4)[-1]


@given(NUMBERS, st.integers(0, 60), GLYPHS)
def test_a_bar_is_full_only_when_all_is_done(share: float, width: int, glyphs: Glyphs) -> None:
    row = bar(share, width, glyphs)
    assert width_of(row) == width
    if share < 1.0 and width > 1:
        assert glyphs.track in row[1][0]


def test_percent_has_steady_width_and_no_early_hundred() -> None:
    assert [percent(x) for x in (0.0, 0.051, 0.9999, 1.0)] == ["  0%", "  5%", " 99%", "100%"]


@pytest.mark.parametrize("height", [1, 3, 7, 13])
@pytest.mark.parametrize("width", [38, 80, 120])
def test_stages_keep_to_the_rows_they_have(height: int, width: int) -> None:
    stages = [Stage(f"stage{i}", "done" if i < 5 else "waiting") for i in range(13)]
    stages[5] = Stage("quantize", "running", "layers", 0.6)
    rows = stage_columns(stages, width, height)
    assert 1 <= len(rows) <= height
    text = "\n".join("".join(t for t, _ in row) for row in rows)
    assert "quantize" in text and "60%" in text


def test_big_digits_are_three_rows_of_four_cells() -> None:
    for glyphs in (UNICODE, ASCII):
        rows = big_text(" 37", glyphs=glyphs)
        assert [width_of(row) for row in rows] == [12, 12, 12]


@given(st.text(), st.integers(1, 60))
def test_text_is_fitted_in_cells(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(middle(text, width)) <= width
    assert width_of(clip([(text, ""), (text, "bad")], width)) == width
    assert all(cell_len(line) <= max(width, 2) for line in wrap(text, width))


@given(st.lists(st.text()), st.integers(3, 60), st.sampled_from(["…", "..."]))
def test_a_row_that_is_cut_says_so_and_no_other(texts: list[str], width: int, more: str) -> None:
    ink = cell_len("".join(visible(text) for text in texts).rstrip())
    shown = clip([(text, "") for text in texts], width, more)
    assert width_of(shown) == width
    plain = clip([(text, "") for text in texts], width)
    if ink > width:
        assert shown[-1][0] == more
    else:
        assert shown == plain


@given(st.text())
def test_what_is_shown_is_printable(text: str) -> None:
    assert visible(text).isprintable() or visible(text) == ""


@given(st.integers(0, 99), st.integers(1, 30), st.integers(-5, 200))
def test_the_cursor_is_always_in_the_window(cursor: int, height: int, top: int) -> None:
    first = window(cursor, 100, height, top)
    assert first <= cursor < first + height
    assert 0 <= first <= max(0, 100 - height)


def filled(model: LogModel, total: int) -> None:
    model.grow(total)
    while wanted := model.missing():
        start, count = wanted
        model.supply(start, [(f"line {i}", "") for i in range(start, start + count)])


@given(
    st.lists(
        st.sampled_from(["up", "down", "first", "last", "grow", "page"]) | st.integers(1, 40),
        max_size=40,
    )
)
def test_the_log_window_stays_within_the_log(steps: list[object]) -> None:
    model, total = LogModel(), 0
    for step in steps:
        if isinstance(step, int):
            model.resize(step)
        elif step == "grow":
            total += 37
        elif step == "first":
            model.to_start()
        elif step == "last":
            model.to_end()
        else:
            model.move({"up": -1, "down": 1, "page": 15}[str(step)])
        filled(model, total)
        assert 0 <= model.top <= max(0, total - model.height)
        rows = model.rows(80)
        assert len(rows) == min(model.height, total)
        assert [row[1][0] for row in rows] == [
            f"line {i}" for i in range(model.top, model.top + len(rows))
        ]
        if model.follow:
            assert model.top == max(0, total - model.height)


def test_a_log_of_a_million_lines_is_held_in_parts() -> None:
    model = LogModel()
    model.resize(20)
    filled(model, 1_000_000)
    asked = []
    for _ in range(30_000):
        model.move(-37)
        if wanted := model.missing():
            asked.append(wanted[1])
            model.supply(wanted[0], [("x", "")] * wanted[1])
    assert max(asked) <= BLOCK
    assert sum(model.line(i) is not None for i in range(0, 1_000_000, 50)) <= 16 * BLOCK // 50


def test_search_minds_capitals_only_when_they_are_typed() -> None:
    assert found_at("Quantize layer", "quantize") == 0
    assert found_at("Quantize layer", "Quantize") == 0
    assert found_at("quantize layer", "Quantize") == -1


PIECE = st.tuples(st.text("ab 日é", max_size=6), st.sampled_from(["", "bad"]))
PIECES = st.lists(PIECE, max_size=6)


@given(PIECES, PIECES, st.integers(1, 30))
def test_what_is_repainted_covers_every_cell_that_differs(
    first: list[tuple[str, str]], second: list[tuple[str, str]], width: int
) -> None:
    old, new = clip(first, width), clip(second, width)
    painted = {cell for x, cells in spans(old, new, width) for cell in range(x, x + cells)}
    differing = {
        cell for cell, (a, b) in enumerate(zip(cells_of(old), cells_of(new), strict=True)) if a != b
    }
    assert differing <= painted


def cells_of(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A row cell by cell; both halves of a wide character carry it."""
    return [(char, style) for text, style in row for char in text for _ in range(cell_len(char))]


def test_of_a_row_only_the_figure_that_changed_is_repainted() -> None:
    old = [("speed ", ""), ("  0.1", "strong"), (" m/s", "")]
    assert spans(old, [old[0], ("  0.2", "strong"), old[2]], 15) == [(6, 5)]
