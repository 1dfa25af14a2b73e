"""Samples and coverage over the daemon's socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rovertui.calibration import numbering
from rovertui.daemon.recorder_link import RecorderLink
from rovertui.errors import OperatorError
from tests.daemon.rig import Rig


def test_one_sample_by_hand_and_back_without_capture(rig: Rig) -> None:
    rig.start()
    rig.until(lambda s: s.stream.state == "live")
    with pytest.raises(OperatorError, match="No sample was kept"):
        rig.do("sample.undo")
    told = rig.do("sample.keep")["text"]
    assert told in ("kept 0000 by hand", "kept check/0000 by hand, for checking")
    rig.until(lambda s: s.capture.kept + s.capture.checking == 1)
    snapshot = rig.until(lambda s: s.capture.can_undo)
    assert snapshot.capture.last == "by hand"
    assert rig.do("sample.undo")["text"] == f"took back {told.split()[1]}"
    rig.until(lambda s: s.capture.kept + s.capture.checking == 0)
    trash = rig.workspace.trash / "samples"
    assert len(list(trash.rglob("*.npz"))) == 1


def test_a_session_is_named_trashed_and_restored(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="gravel")
    rig.until(lambda s: s.capture.kept >= 2)
    rig.do("capture.off")
    there = rig.until(lambda s: s.capture.state == "off").capture
    assert "labelled 'dusk, wet'" in rig.do("session.label", label="dusk, wet")["text"]
    with pytest.raises(OperatorError, match="no sample of session 'gravle'") as refused:
        rig.do("session.label", label="dusk", session="gravle")
    assert refused.value.hint == "Sessions: gravel."
    assert "no label any more" in rig.do("session.label", session="gravel")["text"]
    told = rig.do("session.trash")
    assert f"{there.kept + there.checking} samples" in told["text"]
    rig.until(lambda s: s.capture.kept == 0)
    with pytest.raises(OperatorError, match="no sample of session 'gravel'"):
        rig.do("session.trash")
    for reason in rig.workspace.trash.rglob("*.reason"):
        reason.unlink()
    rig.do("session.restore", session="gravel")
    rig.until(lambda s: s.capture.kept == there.kept)


def test_a_restored_session_is_what_its_trashing_took_and_no_more(rig: Rig) -> None:
    rig.start()
    rig.until(lambda s: s.stream.state == "live")
    for _ in range(3):
        rig.do("sample.keep", session="gravel")
    rig.until(lambda s: s.capture.kept + s.capture.checking == 3)
    rig.do("sample.undo")
    rig.until(lambda s: s.capture.kept + s.capture.checking == 2)
    page = rig.ask(lambda client: client.look("samples", where="set"))
    rig.do("sample.trash", name=page["rows"][0]["name"])
    assert "1 samples" in rig.do("session.trash", session="gravel")["text"]
    assert "1 samples" in rig.do("session.restore", session="gravel")["text"]
    rig.until(lambda s: s.capture.kept + s.capture.checking == 1)
    with pytest.raises(OperatorError, match="that was trashed with it") as refused:
        rig.do("session.restore", session="gravel")
    assert "b on screen 2" in refused.value.hint


def test_what_was_imported_is_counted_when_the_import_has_ended(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rig.start()
    rig.until(lambda s: s.stream.state == "live")
    for _ in range(4):
        rig.do("sample.keep", session="gravel")
    there = rig.until(lambda s: s.capture.kept + s.capture.checking == 4).capture
    archive = str(tmp_path_factory.mktemp("out") / "set.tar.gz")
    assert rig.run("dataset", "export", archive).returncode == 0
    rig.do("session.trash", session="gravel")
    rig.until(lambda s: s.capture.kept + s.coverage.count == 0)
    assert rig.run("dataset", "import", archive).returncode == 0
    seen = rig.snapshot()
    assert seen.capture.kept == seen.coverage.count == there.kept


def test_coverage_and_advice_are_live_and_a_site_s_limits_count(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="s")
    before = rig.until(lambda s: s.coverage.count >= 2 and s.coverage.advice).coverage
    assert 0 < before.score < 100
    assert 1 <= before.vendi <= before.count
    assert 1 <= len(before.advice) <= 3
    assert before.explained["score"]
    gone = before.advice[0]
    done = rig.do("coverage.unreachable", marks=gone.marks)["text"]
    assert done == f"{gone.text}: not met here; Can here (:) takes all such marks back."
    after = rig.until(lambda s: any(a.unreachable for a in s.coverage.axes)).coverage
    assert all(line.marks != gone.marks for line in after.advice)
    rig.do("coverage.reachable", marks=gone.marks)
    rig.until(lambda s: not any(a.unreachable for a in s.coverage.axes))
    with pytest.raises(OperatorError, match="There is no axis 'nonsense'"):
        rig.do("coverage.unreachable", marks=["nonsense"])
    name = gone.marks[0].rpartition(":")[0]
    for beyond in (f"{name}:999", f"{name}:-1", f"{name}:two"):
        with pytest.raises(OperatorError, match="expected a bin of"):
            rig.do("coverage.unreachable", marks=[beyond])


def test_the_samples_are_listed_one_goes_to_the_trash_and_comes_back(rig: Rig) -> None:
    rig.start()
    rig.until(lambda s: s.stream.state == "live")
    rig.do("sample.keep")

    def listed(where: str) -> list[dict[str, Any]]:
        page: dict[str, Any] = rig.ask(lambda client: client.look("samples", where=where))
        return list(page["rows"])

    (row,) = listed("set")
    assert row["why"] == "by hand" and row["values"]
    assert "is in the trash" in rig.do("sample.trash", name=row["name"])["text"]
    assert listed("set") == [] and listed("trash")[0]["gone"] == "trashed by hand"
    rig.until(lambda s: s.capture.kept + s.capture.checking == 0)
    # As lists and messages call it, it may be named as well.
    assert "is back" in rig.do("sample.restore", name=numbering.short(row["name"]))["text"]
    rig.until(lambda s: s.capture.kept + s.capture.checking == 1)
    for name in ("../config.toml", "check/../../x.npz", "/etc/passwd", ""):
        with pytest.raises(OperatorError, match="expected the name of a sample") as refused:
            rig.do("sample.trash", name=name)
        assert "calibration_0049.npz" in refused.value.hint


def test_drift_is_judged_by_the_sheet_beside_the_link(rig: Rig) -> None:
    """Without a live model nothing is claimed, however long the rover drives."""
    rig.start()
    rig.until(lambda s: s.drift.frames > 5)
    assert rig.snapshot().drift.share is None
    assert rig.snapshot().drift.text == ""


def test_pictures_of_the_stream_and_of_a_stored_sample_are_small(rig: Rig) -> None:
    rig.start()
    rig.until(lambda s: s.stream.state == "live")
    rig.do("sample.keep")
    rig.until(lambda s: s.capture.kept + s.capture.checking == 1)
    directory = rig.workspace.samples(rig.workspace.load())
    (path,) = directory.rglob("calibration_*.npz")
    name = path.relative_to(directory).as_posix()
    seen = rig.ask(lambda client: client.look("picture", width=60, height=34))
    kept = rig.ask(lambda client: client.look("picture", width=60, height=34, name=name))
    for found in (seen, kept):
        assert [view["name"] for view in found["pictures"]] == ["rgb", "depth"]
        assert [len(view["pixels"]) for view in found["pictures"]] == [8160, 2720]
    assert seen["age"] is not None and kept["age"] is None
    for wrong in ("../config.toml", "/etc/passwd", "none.npz"):
        with pytest.raises(OperatorError):
            rig.ask(lambda client, name=wrong: client.look("picture", width=9, height=9, name=name))


def test_a_recorder_that_is_stopped_on_purpose_is_off_and_not_stalled(rig: Rig) -> None:
    link = RecorderLink(rig.workspace, True, lambda: None, lambda text: None)
    assert link.capture(True).state == "starting"
    asyncio.run(link.child.stop())
    assert link.capture(True).state == "off"
