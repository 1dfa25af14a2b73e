"""The camera's picture: off by default, drawn while it is seen, in blocks or in signs."""

from __future__ import annotations

from rovertui.ui import picture_view
from rovertui.ui.app import RoverApp
from rovertui.ui.look import Look
from rovertui.ui.pictures import EVERY, Pictures
from rovertui.ui.state import State
from widgets.picture import COARSE, CUBE, Pixels, half_blocks, signs
from widgets.rows import width_of

from .conftest import opened
from .looks import picture, sample
from .scenes import busy
from .stand_in import StandIn

RED, BLUE = b"\xff\x00\x00", b"\x00\x00\xff"


def test_half_blocks_show_two_pixels_a_cell() -> None:
    ((piece, *_),) = half_blocks(Pixels(1, 2, RED + BLUE))
    assert piece == ("▀", "#ff0000 #0000ff")


def test_a_run_of_one_colour_is_one_piece_of_blanks() -> None:
    assert half_blocks(Pixels(3, 2, 6 * RED)) == [[("   ", "#ff0000 #ff0000")]]


def test_an_odd_height_ends_in_whole_cells() -> None:
    assert [width_of(row) for row in half_blocks(Pixels(2, 3, 6 * RED))] == [2, 2]


def test_a_slow_line_gets_fewer_colours() -> None:
    shades = b"".join(bytes([value] * 3) for value in range(256))
    many, few = (
        {style for row in half_blocks(Pixels(128, 2, shades), levels) for _, style in row}
        for levels in (CUBE, COARSE)
    )
    assert len(few) < len(many)


def test_signs_are_ascii_and_brighter_is_heavier() -> None:
    ((text, _),) = signs(Pixels(2, 2, b"\x00\x00\x00\xff\xff\xff" * 2))[0:1][0]
    assert text == " @" and text.isascii()


def test_nothing_is_asked_for_while_it_is_off_or_has_no_room() -> None:
    shown = Pictures()
    shown.room(40, 10)
    assert shown.wanted(0.0, sparing=False) is None
    shown.toggle()
    assert shown.wanted(0.0, sparing=False) is not None
    shown.room(0, 0)
    assert shown.wanted(99.0, sparing=False) is None


def test_at_most_two_pictures_a_second_and_fewer_on_a_slow_line() -> None:
    for sparing, most in ((False, 2), (True, 1)):
        shown = Pictures()
        shown.room(40, 10)
        shown.toggle()
        asked = [shown.wanted(tick / 100, sparing=sparing) for tick in range(100)]
        assert 1 <= sum(wish is not None for wish in asked) <= most
    assert EVERY == 0.5


def test_a_stored_sample_is_asked_for_once_and_again_for_another() -> None:
    shown = Pictures()
    shown.room(40, 10)
    shown.toggle()
    wish = shown.wanted(0.0, sparing=False, where="set", name="a.npz")
    assert wish is not None
    shown.supply(wish, picture(4, 4))
    assert shown.wanted(9.0, sparing=False, where="set", name="a.npz") is None
    other = shown.wanted(9.1, sparing=False, where="set", name="b.npz")
    assert other is not None and not shown.views
    shown.supply(wish, picture(4, 4))
    assert not shown.views, "an answer about the one before is late"


def test_what_cannot_be_a_picture_is_said() -> None:
    shown = Pictures()
    shown.toggle()
    picture_view.rows(shown, State(), 80, 12)
    wish = shown.wanted(0.0, sparing=False)
    assert wish is not None
    broken = picture(4, 4)
    broken["pictures"][0]["pixels"] = "not base64"
    shown.supply(wish, broken)
    rows = picture_view.rows(shown, State(), 80, 12)
    assert any("cannot be read" in text for row in rows for text, _ in row)


async def test_v_shows_and_hides_the_picture_on_drive() -> None:
    daemon = StandIn(busy())
    async with opened(daemon=daemon) as bench:
        await bench.push()
        assert not daemon.pictured, "off at the start"
        await bench.press("v")
        await bench.until(lambda: "▀" in bench.text() or "bright to far" in bench.text())
        assert "CAPTURE" in bench.text() and "STREAM" in bench.text()
        await bench.press("v")
        await bench.until(lambda: "bright to far" not in bench.text())


async def test_nothing_is_fetched_for_a_screen_that_is_not_seen() -> None:
    daemon = StandIn(busy())
    async with opened(daemon=daemon) as bench:
        await bench.press("v")
        await bench.until(lambda: bool(daemon.pictured))
        await bench.press("3")
        asked = len(daemon.pictured)
        bench.app.state.clock = lambda: 1e9
        await bench.push()
        await bench.push()
        assert len(daemon.pictured) == asked


async def test_v_on_the_set_screen_shows_the_selected_sample() -> None:
    daemon = StandIn(busy())
    daemon.samples["set"] = [sample(number) for number in (3, 2, 1)]
    async with opened(daemon=daemon, size=(120, 40)) as bench:
        await bench.press("2", "v")
        await bench.until(lambda: bool(daemon.pictured), "a picture of a sample")
        first = daemon.pictured[-1]
        assert first["where"] == "set" and first["name"].endswith(".npz")
        await bench.press("j")
        await bench.push()
        await bench.until(lambda: daemon.pictured[-1]["name"] != first["name"], "the next one's")
        assert "v picture" in bench.line("footer")


async def test_without_colours_it_is_drawn_in_signs() -> None:
    daemon = StandIn(busy())
    plain = RoverApp(daemon.client, "/home/op/rover", looks=Look(theme="none"))
    ascii_only = RoverApp(daemon.client, "/home/op/rover", ascii=True)
    for app in (plain, ascii_only):
        async with opened(daemon=daemon, app=app) as bench:
            await bench.press("v")
            await bench.until(lambda bench=bench: "@@@@" in bench.text())
            assert "▀" not in bench.line("body").partition("rgb")[2]
