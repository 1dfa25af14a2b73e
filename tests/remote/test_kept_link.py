"""The connection that is kept: used again, noticed when it froze, and made anew."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from rovertui.errors import OperatorError

from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


def test_the_link_stays_open_and_is_made_anew_when_it_broke_meanwhile(make_sshd, connect) -> None:
    sshd = make_sshd()
    link = connect(sshd.server())
    assert link.connect()
    assert not link.connect(), "the connection is kept"
    for _ in range(3):
        sshd.signal_sessions(signal.SIGKILL)
        done = link.run("echo still here")
        assert done is not None and done.output == b"still here\n"


def test_a_link_that_froze_while_idle_is_made_anew(make_sshd, connect) -> None:
    sshd = make_sshd()
    link = connect(sshd.server(stall_timeout=0.5))
    link.connect()
    sshd.signal_sessions(signal.SIGSTOP)
    done = link.run("echo hello")
    assert done is not None and done.output == b"hello\n"


def test_a_link_that_freezes_at_work_is_noticed(make_sshd, connect) -> None:
    sshd = make_sshd()
    link = connect(sshd.server(stall_timeout=0.5))
    with pytest.raises(OperatorError) as caught, link.start("sleep 60") as execution:
        sshd.signal_sessions(signal.SIGSTOP)
        execution.read(1)
    assert caught.value.code == "stalled"
    assert not link.connected


def test_a_request_that_is_never_answered_ends(make_sshd, connect, monkeypatch) -> None:
    import paramiko

    sshd = make_sshd()
    link = connect(sshd.server(stall_timeout=0.5))
    link.connect()
    opened = paramiko.Transport.open_session

    def then_freeze(*args: object, **how: object) -> object:
        channel = opened(*args, **how)
        sshd.signal_sessions(signal.SIGSTOP)
        return channel

    monkeypatch.setattr(paramiko.Transport, "open_session", then_freeze)
    for use in (lambda: link.run("echo hello"), link.sftp):
        with pytest.raises(OperatorError) as caught:
            use()
        assert caught.value.code == "stalled"


def test_closing_from_another_thread_ends_a_wait(sshd: Sshd, connect) -> None:
    link = connect(sshd.server(stall_timeout=30.0))
    with link.start("sleep 60") as execution:
        assert execution is not None
        threading.Timer(0.1, link.close).start()
        assert execution.read(1) == b""
        assert execution.status() == -1


def test_noise_from_the_shells_start_up_files_is_not_taken_for_output(make_sshd, connect) -> None:
    sshd = make_sshd(
        extra='ForceCommand printf "Welcome\\n\\033[31mto"; sh -c "$SSH_ORIGINAL_COMMAND"'
    )
    done = connect(sshd.server()).run("printf payload")
    assert done is not None and done.output == b"payload"


def test_the_cipher_is_the_fast_one(sshd: Sshd, connect) -> None:
    link = connect(sshd.server())
    link.connect()
    assert link._connection.transport.remote_cipher == "aes128-gcm@openssh.com"


def test_paramiko_is_not_imported_with_the_module() -> None:
    code = "import sys, rovertui.remote.pull; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
