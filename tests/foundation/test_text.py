"""Words from outside cannot move a cursor, and figures read the same everywhere."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rovertui import text


@given(st.text())
def test_cleaned_text_is_one_harmless_line(value: str) -> None:
    cleaned = text.clean(value)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") for char in cleaned)
    assert len(cleaned) <= 2000


def test_escape_sequences_vanish_and_their_words_stay() -> None:
    assert text.clean("\x1b[1;33mW\x1b[0m done\x07") == "W done?"
    assert text.clean("a\x1b]0;title\x07b") == "ab"
    assert text.clean("one\ntwo\ttab") == "one two tab"


def test_figures() -> None:
    assert text.size(1_291_450) == "1.3 MB"
    assert text.size(581_772) == "582 kB"
    assert text.duration(161) == "2:41"
    assert text.duration(4.25) == "4.2 s"
    assert text.ago(4000) == "1 h"
    assert (text.since(0.4), text.since(-3), text.since(90)) == ("now", "now", "1 min ago")
