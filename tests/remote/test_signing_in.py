"""Which keys get in, and what an operator reads when none does."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.remote.questions import Question
from tests.waiting import until

from .asking import Operator, refusal
from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


@pytest.mark.parametrize("stranger", ["stranger", "host_rsa", "stranger_ecdsa"])
def test_a_key_that_is_not_authorised(stranger: str, sshd: Sshd, keys: Path, connect) -> None:
    error = refusal(connect(sshd.server(key_file=str(keys / stranger))))
    assert error.code == "not-authorised"
    assert stranger in error.message and "ssh-copy-id" in error.hint


def test_no_key_at_all(sshd: Sshd, connect) -> None:
    error = refusal(connect(sshd.server(key_file="")))
    assert error.code == "not-authorised"
    assert "ssh-keygen" in error.hint


@pytest.mark.parametrize("kind", ["missing", "public", "junk"])
def test_a_key_file_that_is_none(
    kind: str, sshd: Sshd, keys: Path, tmp_path: Path, connect
) -> None:
    (tmp_path / "junk").write_text("not a key")
    path = {"missing": tmp_path / "nothing", "public": keys / "client.pub"}.get(
        kind, tmp_path / "junk"
    )
    assert refusal(connect(sshd.server(key_file=str(path)))).code == "key"


@pytest.fixture
def locked(sshd: Sshd, keys: Path) -> Iterator[str]:
    """The file of an encrypted key that the server lets in; its passphrase is ``open``."""
    before = sshd.authorized.read_text()
    sshd.authorized.write_text(before + (keys / "locked.pub").read_text())
    yield str(keys / "locked")
    sshd.authorized.write_text(before)


def test_an_encrypted_key_opens_with_the_right_passphrase(
    sshd: Sshd, locked: str, connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    operator = Operator("open")
    link = connect(sshd.server(key_file=locked), operator)
    assert link.connect()
    (question,) = operator.asked
    assert question.kind == "passphrase" and question.secret
    assert question.fields["key_file"] == locked
    assert "open" not in caplog.text.split()


def test_a_wrong_passphrase_is_asked_for_again_and_then_refused(
    sshd: Sshd, locked: str, connect
) -> None:
    patient = Operator("wrong", "open")
    assert connect(sshd.server(key_file=locked), patient).connect()
    assert "wrong" in patient.asked[1].text

    error = refusal(connect(sshd.server(key_file=locked), Operator("a", "b", "c")))
    assert error.code == "passphrase"
    assert "ssh-keygen -y" in error.hint


def test_an_encrypted_key_without_an_answer(sshd: Sshd, locked: str, connect) -> None:
    declined = refusal(connect(sshd.server(key_file=locked), Operator(None)))
    assert declined.code == "passphrase"
    unattended = refusal(connect(sshd.server(key_file=locked)))
    assert unattended.code == "passphrase"
    assert "unattended" in unattended.hint


def test_where_nobody_answers_other_keys_still_get_in_and_nothing_is_asked_twice(
    sshd: Sshd, keys: Path, own_home: Path, connect
) -> None:
    (own_home / ".ssh").mkdir()
    (own_home / ".ssh" / "id_ed25519").write_bytes((keys / "client").read_bytes())
    (own_home / ".ssh" / "id_rsa").write_bytes((keys / "locked").read_bytes())
    operator = Operator(None)
    assert connect(sshd.server(key_file=str(keys / "locked")), operator).connect()
    assert len(operator.asked) == 1


def test_an_answer_that_comes_too_late_is_not_taken_for_a_wrong_key(make_sshd, connect) -> None:
    sshd = make_sshd()

    def slow(question: Question) -> str:
        sshd.signal_sessions(signal.SIGKILL)
        until(lambda: not sshd.sessions())
        until(lambda: not _transports())
        return "yes"

    link = connect(sshd.server(known_hosts=""), slow)
    assert refusal(link).code == "dropped"
    assert link.connect(), "what was answered is remembered"


def _transports() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if type(t).__name__ == "Transport"]


def test_the_agent_opens_an_encrypted_key_without_a_question(
    sshd: Sshd, locked: str, connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(address)], stdout=subprocess.DEVNULL)
    try:
        until(address.exists)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
        answer = tmp_path / "answer"
        answer.write_text("#!/bin/sh\necho open\n")
        answer.chmod(0o700)
        subprocess.run(
            ["ssh-add", "-q", locked],
            check=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"},
        )
        link = connect(sshd.server(key_file=locked))
        assert link.connect()
        (note,) = link.notes
        assert "unattended work needs a key file" in note and "v620.key_file" in note
        assert connect(sshd.server(key_file="")).connect()
    finally:
        agent.terminate()
        agent.wait()


def test_the_usual_key_files_are_tried_when_none_is_named(
    sshd: Sshd, keys: Path, own_home: Path, connect
) -> None:
    (own_home / ".ssh").mkdir()
    (own_home / ".ssh" / "id_ed25519").write_bytes((keys / "client").read_bytes())
    assert connect(sshd.server(key_file="")).connect()


def test_a_server_that_takes_no_keys(make_sshd, connect) -> None:
    sshd = make_sshd(extra="PubkeyAuthentication no\nHostbasedAuthentication yes")
    error = refusal(connect(sshd.server()))
    assert error.code == "not-authorised"
    assert "hostbased" in error.message
