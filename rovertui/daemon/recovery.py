"""What a new daemon finds of the one before it: children, jobs, scratch, half deployments."""

from __future__ import annotations

import logging
import shutil
import socket
from pathlib import Path

import msgspec

from rovertui.files import remove_temporaries, write_whole
from rovertui.jobs import JobBook
from rovertui.processes import ProcessName, end_group
from rovertui.reading import Damaged, json_file

log = logging.getLogger(__name__)


class ChildRegister:
    """The lasting names of running children, on disk, for the daemon that comes after."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, ProcessName] = {}

    def put(self, name: str, process: ProcessName | None) -> None:
        if self._names.get(name) == process:
            return
        if process is None:
            self._names.pop(name, None)
        else:
            self._names[name] = process
        write_whole(self._path, msgspec.json.encode(self._names))

    def end_leftovers(self) -> int:
        """Kill what an earlier daemon left running; returns how many groups."""
        try:
            found = json_file(self._path, dict[str, ProcessName])
        except (OSError, Damaged):
            return 0
        ended = sum(end_group(process) for process in found.values())
        self._path.unlink(missing_ok=True)
        return ended


def interrupt_unfinished(book: JobBook) -> list[str]:
    """Record jobs that no longer run as interrupted and end their children."""
    told = list(book.unreadable)
    for job in book.unfinished():
        if job.record.child and end_group(job.record.child):
            log.warning("ended the child of job %d, left by an earlier daemon", job.record.id)
        job.finish("interrupted", "The daemon ended while this ran; nothing half-made was kept.")
        told.append(f"Job {job.record.id} ({job.record.title}) was interrupted.")
    return told


def clear_scratch(*directories: Path) -> None:
    """Remove what unfinished work left behind."""
    for directory in directories:
        if directory.is_dir():
            for entry in directory.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)


def clear_sockets(ours: Path) -> None:
    """Remove the sockets beside ``ours``, of the same workspace, that nobody serves any more.

    A relay goes on without a daemon; what it serves stays.
    """
    for path in ours.parent.glob(f"{ours.stem}.*"):
        with socket.socket(socket.AF_UNIX) as asking:
            asking.setblocking(False)
            try:
                asking.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:
                continue


def clear_temporaries(*directories: Path) -> None:
    """Remove what interrupted writes left; where nothing can be removed now, a later start does."""
    for directory in directories:
        try:
            remove_temporaries(directory)
        except OSError as error:
            log.warning("%s: what an interrupted write left stays: %s", directory, error)
