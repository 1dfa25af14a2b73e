"""known_hosts as sshd(8) describes it, one line at a time."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.remote.trust import KnownHosts, line_for, parse_line, remember


def blob(kind: str = "ssh-ed25519", body: bytes = b"key") -> bytes:
    return len(kind).to_bytes(4, "big") + kind.encode() + body


def known(tmp_path: Path, *lines: str) -> KnownHosts:
    path = tmp_path / "known_hosts"
    path.write_text("\n".join(lines) + "\n")
    return KnownHosts.load([path, tmp_path / "missing"])


def line(names: str, body: bytes = b"key", kind: str = "ssh-ed25519") -> str:
    return line_for(names, kind, blob(kind, body))


@pytest.mark.parametrize(
    ("names", "host", "verdict"),
    [
        ("v620", "v620", "known"),
        ("V620", "v620", "known"),
        ("v620,10.0.0.2", "10.0.0.2", "known"),
        ("*.lab", "v620.lab", "known"),
        ("v62?", "v620", "known"),
        ("*.lab,!v620.lab", "v620.lab", "unknown"),
        ("!v620.lab,*.lab", "other.lab", "known"),
        ("v620", "v6200", "unknown"),
        ("v620", "[v620]:2222", "unknown"),
        ("[v620]:2222", "[v620]:2222", "known"),
        ("[v620]:2222", "v", "unknown"),
        ("v.20", "vx20", "unknown"),
    ],
)
def test_which_hosts_a_line_covers(names: str, host: str, verdict: str, tmp_path: Path) -> None:
    assert known(tmp_path, line(names)).judge(host, blob())[0] == verdict


def test_what_a_key_means(tmp_path: Path) -> None:
    hosts = known(
        tmp_path,
        line("v620"),
        line("v620", kind="ssh-rsa"),
        "@revoked " + line("v620", b"stolen"),
    )
    assert hosts.judge("v620", blob())[0] == "known"
    assert hosts.judge("v620", blob("ssh-rsa"))[0] == "known"
    assert hosts.judge("v620", blob(body=b"new"))[0] == "changed"
    assert hosts.judge("v620", blob("ecdsa-sha2-nistp256"))[0] == "changed"
    assert hosts.judge("v620", blob(body=b"stolen"))[0] == "revoked"
    assert hosts.judge("other", blob(body=b"new"))[0] == "unknown"
    assert hosts.types_for("v620") == ["ssh-ed25519", "ssh-rsa"]


def test_a_host_whose_only_line_revokes_another_key_is_unknown(tmp_path: Path) -> None:
    hosts = known(tmp_path, "@revoked " + line("v620", b"stolen"))
    assert hosts.judge("v620", blob())[0] == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "v620",
        "v620 ssh-ed25519",
        "v620 ssh-ed25519 !!!!",
        f"v620 ssh-rsa {base64.b64encode(blob()).decode()}",
        "@cert-authority * ssh-ed25519 AAAA",
        "@unheard-of v620 ssh-ed25519 AAAA",
        "|1|x|y ssh-ed25519",
    ],
)
def test_a_line_that_cannot_be_used_is_skipped_and_counted(text: str, tmp_path: Path) -> None:
    hosts = known(tmp_path, "# comment", "", text, line("v620"))
    assert hosts.skipped == 1
    assert hosts.judge("v620", blob())[0] == "known"


@given(st.text(), st.text(min_size=1))
def test_no_line_whatever_is_fatal(text: str, host: str) -> None:
    for each in (text, f"{text} {text} {text}", f"|1|{text} ssh-ed25519 AAAA", line(f"|1|{text}")):
        key = parse_line(each, "here:1")
        if key is not None:
            key.covers(host)


def test_what_is_remembered_is_known_and_ruins_no_unfinished_line(tmp_path: Path) -> None:
    path = tmp_path / "own" / "known_hosts"
    remember(path, "v620", "ssh-ed25519", blob())
    path.write_text(path.read_text() + line("other").rstrip("\n"))
    threads = [
        threading.Thread(target=remember, args=(path, f"h{n}", "ssh-ed25519", blob()))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hosts = KnownHosts.load([path])
    assert hosts.skipped == 0
    for name in ("v620", "other", *(f"h{n}" for n in range(8))):
        assert hosts.judge(name, blob())[0] == "known"
