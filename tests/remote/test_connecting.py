"""Who is let in, who is trusted, and what an operator reads when it does not work.

Every refusal has a sentence, a hint and a code of its own, from a real server set up to fail.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui.errors import OperatorError
from rovertui.remote.questions import Question
from rovertui.remote.trust import KnownHosts, fingerprint
from tests.ports import free_port
from tests.waiting import until

from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


class Operator:
    """Answers questions with what it was told to say, and remembers them."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0)


def refusal(link) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        link.connect()
    assert caught.value.message.endswith(".") or caught.value.code == "changed-key"
    assert not link.connected
    return caught.value


def host_print(sshd: Sshd) -> str:
    text = subprocess.run(
        ["ssh-keygen", "-lf", f"{sshd.host_key}.pub"], capture_output=True, text=True, check=True
    )
    return text.stdout.split()[1]


# Trust


def test_an_unknown_host_is_refused_when_nobody_can_be_asked(sshd: Sshd, connect) -> None:
    error = refusal(connect(sshd.server(known_hosts="")))
    assert error.code == "unknown-host"
    assert host_print(sshd) in error.message
    assert "screen" in error.hint


def test_an_unknown_host_is_asked_about_and_remembered_in_our_own_file(sshd: Sshd, connect) -> None:
    operator = Operator("yes")
    server = sshd.server(known_hosts="")
    assert connect(server, operator).connect()

    (question,) = operator.asked
    assert (question.kind, question.secret) == ("fingerprint", False)
    assert question.fields["fingerprint"] == host_print(sshd)
    assert question.fields["fingerprint"] in question.text
    assert server.own_known_hosts is not None
    assert server.own_known_hosts.read_text() == sshd.known_line() + "\n"
    assert server.own_known_hosts.stat().st_mode & 0o077 == 0
    assert connect(server).connect(), "the second time nobody need be asked"


def test_a_host_the_operator_does_not_trust_is_not_signed_in_to(sshd: Sshd, connect) -> None:
    for answer, said in (("no", "was not trusted"), ("", "was not"), (None, "nobody answered")):
        server = sshd.server(known_hosts="")
        error = refusal(connect(server, Operator(answer)))
        assert error.code == "unknown-host" and said in error.message
        assert server.own_known_hosts is not None and not server.own_known_hosts.exists()


def test_a_changed_key_is_a_wall_and_never_a_question(
    sshd: Sshd, keys: Path, tmp_path: Path, connect
) -> None:
    other = (keys / "other_host.pub").read_text().split()
    known = tmp_path / "known_hosts"
    known.write_text(f"# comment\n[127.0.0.1]:{sshd.port} {other[0]} {other[1]}\n")
    operator = Operator("yes")

    error = refusal(connect(sshd.server(known_hosts=str(known)), operator))

    assert error.code == "changed-key"
    assert operator.asked == []
    assert host_print(sshd) in error.message
    assert f"{known}:2" in error.message


def test_a_host_with_a_key_of_another_type_on_file_is_a_changed_host(
    sshd: Sshd, keys: Path, tmp_path: Path, connect
) -> None:
    rsa = (keys / "host_rsa.pub").read_text().split()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {rsa[0]} {rsa[1]}\n")
    assert refusal(connect(sshd.server(known_hosts=str(known)))).code == "changed-key"


def test_a_server_with_several_keys_is_asked_for_the_one_on_file(
    make_sshd, keys: Path, connect
) -> None:
    sshd = make_sshd(extra=f"HostKey {keys / 'host_rsa'}")
    rsa = (keys / "host_rsa.pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {rsa[0]} {rsa[1]}\n")
    assert connect(sshd.server()).connect()


def test_a_revoked_key_is_a_wall(sshd: Sshd, tmp_path: Path, connect) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"{sshd.known_line()}\n@revoked * {sshd.known_line().split(' ', 1)[1]}\n")
    assert refusal(connect(sshd.server(known_hosts=str(known)))).code == "changed-key"


def test_lines_that_paramiko_cannot_read_do_not_hide_the_ones_it_can(
    sshd: Sshd, tmp_path: Path, connect
) -> None:
    known = tmp_path / "known_hosts"
    plain = sshd.known_line()
    hashed = tmp_path / "hashed"
    hashed.write_text(plain + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(hashed)], check=True, capture_output=True)
    assert hashed.read_text().startswith("|1|")
    known.write_bytes(
        b"@cert-authority *.example.org " + plain.split(" ", 1)[1].encode() + b"\n"
        b"damaged ssh-ed25519 AAAA!!!!\n\xff\xfe\nshort line\n" + hashed.read_bytes()
    )
    link = connect(sshd.server(known_hosts=str(known)))
    assert link.connect()
    assert link.notes == ("4 lines of known_hosts cannot be used here and are passed over",)


# The way there


def test_a_dead_port(connect, sshd: Sshd) -> None:
    error = refusal(connect(sshd.server(port=free_port())))
    assert error.code == "unreachable"
    assert "refuses connections" in error.message and "systemctl start ssh" in error.hint


def test_what_to_correct_is_named_for_the_rover_that_is_meant(connect, sshd: Sshd) -> None:
    with pytest.raises(OperatorError) as refused:
        connect(sshd.server(port=free_port(), rover="rover2")).connect()
    assert "port of [[rovers]] rover2" in refused.value.hint


def test_a_name_nobody_knows(connect, sshd: Sshd) -> None:
    error = refusal(connect(sshd.server(host="v620.invalid")))
    assert error.code == "dns"
    assert "v620.invalid" in error.message


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "-oProxyCommand=x", "two words", "x\x1b[2J"])
def test_a_host_that_is_no_host_name(host: str, connect, sshd: Sshd) -> None:
    error = refusal(connect(sshd.server(host=host)))
    assert error.code in ("dns", "not-configured")
    assert "\x1b" not in error.sentence()


@pytest.fixture
def chatter() -> Iterator[Callable[[bytes], int]]:
    """Starts listeners that say something that is not SSH, and stay silent afterwards."""
    sockets: list[socket.socket] = []

    def start(words: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def talk() -> None:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sockets.append(sock)
            if words:
                sock.sendall(words)

        threading.Thread(target=talk, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for each in sockets:
        each.close()


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff\x01\n", b""])
def test_something_that_is_not_an_ssh_server(
    words: bytes, connect, sshd: Sshd, chatter: Callable[[bytes], int]
) -> None:
    error = refusal(connect(sshd.server(port=chatter(words), connect_timeout=0.5)))
    assert error.code == "not-ssh"


def test_no_host_configured(connect, sshd: Sshd) -> None:
    assert refusal(connect(sshd.server(host=""))).code == "not-configured"


# Keys


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


# ssh_config


def test_host_user_port_and_key_come_from_ssh_config_with_include(
    sshd: Sshd, keys: Path, own_home: Path, connect
) -> None:
    included = own_home / ".ssh" / "conf.d"
    included.mkdir(parents=True)
    (included / "v620.conf").write_text(
        f"Host v620\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n"
    )
    config = own_home / ".ssh" / "config"
    config.write_text(
        f"Include conf.d/*.conf\nHost other\n  Port 1\n\nHost v620\n"
        f"  IdentityFile {keys / 'client'}\n"
    )
    server = sshd.server(host="v620", port=0, user="", key_file="", ssh_config=str(config))
    link = connect(server)
    assert link.connect()
    assert link.target.key_name == f"[127.0.0.1]:{sshd.port}"


def test_a_machine_behind_a_jump_host_is_reached_and_both_keys_are_checked(
    make_sshd, sshd: Sshd, connect
) -> None:
    jump = make_sshd(host_key="other_host")
    config = jump.root / "config"
    config.write_text(f"Host 127.0.0.1\n  ProxyJump {jump.user}@localhost:{jump.port}\n")
    known = jump.root / "both"
    jump_line = jump.known_line().replace("127.0.0.1", "localhost")
    known.write_text(f"{sshd.known_line()}\n{jump_line}\n")
    server = sshd.server(ssh_config=str(config), known_hosts=str(known))

    link = connect(server)
    done = link.run("echo through")
    assert done is not None and done.output == b"through\n"

    known.write_text(sshd.known_line() + "\n")
    error = refusal(connect(server))
    assert error.code == "unknown-host" and "localhost" in error.message


def test_a_jump_host_that_cannot_reach_the_server(make_sshd, connect) -> None:
    jump = make_sshd()
    config = jump.root / "config"
    config.write_text(f"Host 127.0.0.1\n  ProxyJump {jump.user}@localhost:{jump.port}\n")
    jump.known_hosts.write_text(jump.known_line().replace("127.0.0.1", "localhost") + "\n")
    server = jump.server(ssh_config=str(config), port=free_port())
    error = refusal(connect(server))
    assert error.code == "unreachable" and "jump host" in error.message


@pytest.mark.parametrize(
    "text", ["Host *\n  ProxyCommand nc %h %p\n", "Host\n", "Host *\n  Port many\n"]
)
def test_an_ssh_config_that_cannot_be_followed_is_refused(
    text: str, sshd: Sshd, tmp_path: Path, connect
) -> None:
    config = tmp_path / "config"
    config.write_text(text)
    error = refusal(connect(sshd.server(ssh_config=str(config), port=0)))
    assert error.code == "not-configured"


def test_an_include_that_includes_itself_ends(sshd: Sshd, tmp_path: Path, connect) -> None:
    config = tmp_path / "config"
    config.write_text(f"Include {config}\n")
    assert refusal(connect(sshd.server(ssh_config=str(config)))).code == "not-configured"


# The kept link


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


def test_fingerprints_are_those_of_openssh(sshd: Sshd) -> None:
    (key,) = KnownHosts.load([sshd.known_hosts]).keys
    assert fingerprint(key.blob) == host_print(sshd)
