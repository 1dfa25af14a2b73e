"""A program that the daemon keeps running is started again also when it hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from rovertui.daemon.children import Child, Message

TICKS = "import time\nwhile True:\n    print('{}', flush=True)\n    time.sleep(0.02)\n"


def test_one_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    said: list[Message] = []

    async def work() -> None:
        command = [sys.executable, "-c", TICKS]
        log = tmp_path / "ticks.log"
        child = Child("ticks", command, tmp_path, log, said.append, lambda: None, patience=2.0)
        running = asyncio.create_task(child.supervise())
        while not said:
            await asyncio.sleep(0.01)
        hung = child.identity
        assert hung is not None
        os.kill(hung.pid, signal.SIGSTOP)
        while not child.restarts:
            await asyncio.sleep(0.01)
        assert child.last_words == "it hung: no word for 2 s, and was killed"
        said.clear()
        while not said:
            await asyncio.sleep(0.01)
        assert child.identity != hung
        await child.stop()
        await running

    asyncio.run(asyncio.wait_for(work(), 60))
