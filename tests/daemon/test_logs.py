"""What the programs of a daemon write on their standard error stays bounded while they run."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from rovertui.daemon import logs
from rovertui.daemon.children import Child, Message


def test_a_long_log_keeps_its_end_and_its_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST", 10)
    path, old = tmp_path / "logs" / "node.log", tmp_path / "logs" / "node.old.log"
    with logs.opened(path) as writer:
        writer.write(b"0123456789")
        writer.flush()
        logs.shorten(path)
        assert path.read_bytes() == b"0123456789" and not old.exists(), "not too long yet"
        writer.write(b"abcde")
        writer.flush()
        logs.shorten(path)
        assert (old.read_bytes(), path.read_bytes()) == (b"56789abcde", b"")
        writer.write(b"next")
        writer.flush()
        assert path.read_bytes() == b"next"
    path.write_bytes(b"x" * 11)
    logs.opened(path).close()
    assert (old.read_bytes(), path.read_bytes()) == (b"x" * 10, b"")


def test_a_log_is_shortened_while_its_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST", 100)
    monkeypatch.setattr(logs, "_LOOK_EVERY", 0.02)
    path = tmp_path / "talker.log"
    talks = (
        "import sys, json\n"
        "for line in sys.stdin:\n"
        "    sys.stderr.write('x' * 101); sys.stderr.flush()\n"
        "    print(json.dumps({'kind': 'said'}), flush=True)\n"
    )
    said: list[Message] = []

    async def work() -> None:
        command = [sys.executable, "-c", talks]
        child = Child("talker", command, tmp_path, path, said.append, lambda: None)
        running = asyncio.create_task(child.supervise())
        while not child.running:
            await asyncio.sleep(0.01)
        for turn in (1, 2):
            child.send({})
            while len(said) < turn or path.stat().st_size:
                await asyncio.sleep(0.01)
        await child.stop()
        await running

    asyncio.run(asyncio.wait_for(work(), 60))
    assert path.with_suffix(".old.log").read_bytes() == b"x" * 100
