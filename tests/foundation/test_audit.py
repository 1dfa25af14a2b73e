"""The audit log: who decided what, appended and on disk before it happens, without secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.audit import Audit, Caller
from rovertui.errors import Cancelled, OperatorError

ME = Caller(os.getuid(), "screen", 12)


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "kept" / "audit.jsonl")


def test_a_decision_is_asked_for_and_ended_with_who_when_and_what(audit: Audit) -> None:
    def deploy() -> dict[str, object]:
        assert [line["event"] for line in audit.read()] == ["asked"], "recorded before it begins"
        return {"text": "live, seen", "model": "a_int8", "state": "seen", "forced": ["over"]}

    audit.around(ME, "deploy", {"job": 3, "motion_accepted": True}, deploy)

    asked, done = audit.read()
    assert (asked["what"], asked["event"], asked["job"]) == ("deploy", "asked", 3)
    assert (asked["uid"], asked["client"], asked["pid"]) == (os.getuid(), "screen", 12)
    assert asked["when"].endswith("Z") and asked["time"] > 0
    assert asked["motion_accepted"] is True
    assert (done["event"], done["model"], done["state"]) == ("done", "a_int8", "seen")
    assert done["forced"] == ["over"]
    assert stat.S_IMODE(audit.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "event"), [(OperatorError("No.", code="node"), "failed"), (Cancelled(), "cancelled")]
)
def test_what_fails_or_is_cancelled_is_recorded_too(
    audit: Audit, error: Exception, event: str
) -> None:
    def work() -> dict[str, object]:
        raise error

    with pytest.raises(type(error)):
        audit.around(ME, "rollback", {}, work)
    assert [line["event"] for line in audit.read()] == ["asked", event]


def test_a_line_torn_by_a_power_cut_stays_and_hides_nothing(audit: Audit) -> None:
    audit.add(ME, "deploy", "asked")
    with audit.path.open("ab") as stream:
        stream.write(b'{"what": "dep')
    audit.add(ME, "deploy", "done")
    assert [line["what"] for line in audit.read()] == ["deploy", "damaged", "deploy"]


def test_what_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    with pytest.raises(OperatorError) as refused:
        Audit(tmp_path / "audit.jsonl").around(ME, "deploy", {}, lambda: pytest.fail("was done"))
    assert refused.value.code == "audit"


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_words_are_one_line_each_and_harmless(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    audit = Audit(tmp_path_factory.mktemp("audit") / "audit.jsonl")
    for word in words:
        audit.add(ME, "question", "answered", answer=word)
    lines = audit.read()
    assert len(lines) == len(words) == audit.path.read_bytes().count(b"\n")
    assert not any("\x1b" in str(line) for line in lines)
