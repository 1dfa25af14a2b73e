"""The way to the server, by configuration and ssh_config, and what an operator reads when there is
none: a sentence, a hint and a code of its own.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui.errors import OperatorError
from tests.ports import free_port

from .asking import refusal
from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


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
