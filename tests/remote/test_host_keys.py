"""Which server is trusted: asked once, remembered in our own file; a changed key is a wall."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rovertui.remote.trust import KnownHosts, fingerprint

from .asking import Operator, host_print, refusal
from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


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


def test_fingerprints_are_those_of_openssh(sshd: Sshd) -> None:
    (key,) = KnownHosts.load([sshd.known_hosts]).keys
    assert fingerprint(key.blob) == host_print(sshd)
