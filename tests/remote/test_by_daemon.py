"""The daemon and a real server: pulls that outlive it, news told once."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.audit import Audit
from rovertui.client import Client
from rovertui.config import V620, Config
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from tests.daemon.rig import Rig
from tests.daemon.test_arrivals import first_look, said
from tests.waiting import until

from .sshd import Sshd, put

pytestmark = pytest.mark.needs_sshd

BIG = 150_000_000


@pytest.fixture
def rig(sshd: Sshd, tmp_path: Path) -> Iterator[Rig]:
    (tmp_path / "workspace").mkdir()
    made = Rig(
        tmp_path / "workspace",
        Config(
            v620=V620(
                **sshd.login(),
                directory=str(sshd.checkpoints),
            )
        ),
    )
    yield made
    made.end()


def test_a_pull_outlives_the_daemon_that_began_it(rig: Rig, sshd: Sshd) -> None:
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    part = rig.workspace.root / "models" / (original.name + ".part")
    rig.start()
    rig.until(lambda s: s.server.state == "up")
    rig.do("pull")
    until(lambda: part.exists() and part.stat().st_size > BIG / 100)
    rig.kill()
    came = part.stat().st_size
    assert came < BIG

    rig.start()
    snapshot = rig.until(lambda s: s.server.state == "up")
    assert [job.state for job in snapshot.jobs] == ["interrupted"]
    again = rig.do("pull")["job"]
    done = rig.until(lambda s: s.jobs[-1].id == again and s.jobs[-1].state == "done", 60)

    assert done.jobs[-1].result["sha256"] == hashlib.sha256(original.read_bytes()).hexdigest()
    assert done.jobs[-1].result["resumed_from"] >= came
    assert not part.exists()


@pytest.mark.parametrize(("operation", "wanted"), [("convert", "50"), ("layers", "50_hybrid")])
def test_what_only_the_v620_has_is_to_be_pulled_first_also_where_nothing_is_here(
    rig: Rig, sshd: Sshd, operation: str, wanted: str
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_50.onnx", 1000)
    rig.start()
    # At once: the V620 has perhaps not been listed yet.
    with pytest.raises(OperatorError, match="50 is not here yet; the V620 has it") as caught:
        rig.do(operation, model=wanted)
    assert "pull ppo_v620_update_50`" in caught.value.hint
    assert not rig.snapshot().jobs


def test_a_model_that_was_pulled_here_is_no_news_and_a_copied_one_is(rig: Rig, sshd: Sshd) -> None:
    put(sshd.checkpoints, "ppo_v620_update_50.onnx", 1000)
    rig.start()
    rig.until(lambda s: s.server.state == "up")
    first_look(rig)
    rig.do("pull")
    rig.until(lambda s: s.jobs and s.jobs[-1].state == "done")
    (rig.workspace.root / "models" / "ppo_v620_update_51.onnx").write_bytes(b"copied")
    # The pulled one was there before: had it been told, then before this one.
    told = rig.until(lambda s: said(rig, "New model here")(s), 60)
    assert len(told.notices) == 1 and "ppo_v620_update_51" in told.notices[0]


def test_a_line_of_known_hosts_that_cannot_be_used_is_told_once(rig: Rig, sshd: Sshd) -> None:
    before = sshd.known_hosts.read_text()
    try:
        sshd.known_hosts.write_text(before + "@cert-authority *.example ssh-rsa AAAA\n")
        rig.start()
        rig.until(lambda s: s.notices)
        sshd.signal_sessions(signal.SIGKILL)
        again = listed_again(rig)
        assert again.server.state == "up"
        (told,) = again.notices
        assert told == "V620: 1 line of known_hosts cannot be used here and are passed over."
    finally:
        sshd.known_hosts.write_text(before)


def test_trust_is_asked_for_and_the_answer_recorded(rig: Rig, sshd: Sshd) -> None:
    known = sshd.known_hosts.read_text()
    own = rig.workspace.known_hosts
    try:
        sshd.known_hosts.write_text("")
        rig.start()

        async def answer(client: Client) -> None:
            async for snapshot in client.snapshots():
                await client.do("server.list") if not snapshot.questions else None
                if snapshot.questions:
                    (question,) = snapshot.questions
                    assert question.kind == "fingerprint" and "SHA256:" in question.text
                    await client.answer(question.id, "yes")
                    return

        rig.ask(answer)
        rig.until(lambda s: s.server.state == "up")
        asked = [line for line in Audit(rig.workspace.audit).read() if line["what"] == "question"]
        assert (asked[0]["event"], asked[0]["answer"]) == ("answered", "yes")
        assert "SHA256:" in asked[0]["text"] and asked[0]["user"]
        assert own.read_text().split()[:2] == known.split()[:2]
    finally:
        sshd.known_hosts.write_text(known)


def listed_again(rig: Rig) -> Snapshot:
    before = rig.snapshot().server.listed
    rig.do("server.list")
    return rig.until(lambda s: s.server.listed != before)


def test_a_new_checkpoint_is_announced_once_and_stays_new_until_somebody_looked(
    rig: Rig, sshd: Sshd
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_40.onnx")
    rig.start()
    first = rig.until(lambda s: s.server.state == "up")
    assert first.server.fresh == 0 and not first.notices, "what was there before us is no news"
    assert "server.seen" in first.refusals

    put(sshd.checkpoints, "ppo_v620_update_50.onnx")
    put(sshd.checkpoints, "ppo_v620_update_55.pt")
    put(sshd.checkpoints, "ppo_v620_update_60.onnx", age=-30)
    growing = put(sshd.checkpoints, "ppo_v620_update_70.onnx", age=0)
    news = listed_again(rig)
    fresh = {c.name for c in news.server.checkpoints if c.fresh}
    assert {"ppo_v620_update_50", "ppo_v620_update_60"} == fresh, "neither .pt nor growing"
    assert sum("ppo_v620_update_50" in notice for notice in news.notices) == 1

    os.utime(growing, (1, 1))
    listed_again(rig)
    assert listed_again(rig).server.fresh == 3, "written to its end, it is news as well"

    rig.kill()
    rig.start()
    again = rig.until(lambda s: s.server.state == "up")
    assert again.server.fresh == 3, "still new"
    assert all("ended unasked" in notice for notice in again.notices), "told once"
    rig.do("server.seen")
    assert rig.snapshot().server.fresh == 0
    assert listed_again(rig).server.fresh == 0


def test_somebody_elses_model_behind_the_link_is_announced_once(rig: Rig) -> None:
    rig.start()
    models = rig.workspace.root / "models"
    models.mkdir(exist_ok=True)
    (models / "theirs_int8.rknn").write_bytes(b"RKNN of somebody")
    (models / "remote_trained.rknn").symlink_to("theirs_int8.rknn")
    snapshot = rig.until(lambda s: s.live.state == "not ours" and s.notices)
    assert [n for n in snapshot.notices if n.startswith("Live, not ours")] == snapshot.notices
    rig.kill()
    rig.start()
    again = rig.until(lambda s: s.live.state == "not ours")
    assert all("ended unasked" in notice for notice in again.notices), "told once"
