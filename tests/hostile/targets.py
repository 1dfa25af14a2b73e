"""What takes bytes from outside, one function a kind, for hypothesis and for the fuzzer.

Each takes any bytes. A refusal in the program's own words passes; anything else that is raised,
and any word that a terminal would act on, is a finding.
"""

from __future__ import annotations

import atexit
import io
import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec

from rovertui import audit, config_file, protocol
from rovertui.calibration import archive
from rovertui.calibration.examine import examine
from rovertui.calibration.features import Features
from rovertui.config import Config
from rovertui.conversion import contract, feeding, figures, header, sheet
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.progress import Lines, parse
from rovertui.deployment.entry import Entry, Outcome
from rovertui.deployment.journal import Record as Deployment
from rovertui.errors import OperatorError
from rovertui.jobs import Job, Record
from rovertui.reading import Damaged, from_json, from_msgpack
from rovertui.relay.record import Record as RelayRecord
from rovertui.remote import checkpoints, server, trust
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6
from rovertui.sensors import decode, npz, packet
from rovertui.text import ago, clean
from tests.hostile.seeds import WEIGHTS

Target = Callable[[bytes], None]


@lru_cache(maxsize=1)
def _place() -> Path:
    memory = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(prefix="hostile-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def _file(name: str, data: bytes) -> Path:
    path = _place() / name
    path.write_bytes(data)
    return path


def harmless(words: str) -> None:
    """A line that a terminal only shows."""
    assert clean(words, len(words)) == words, ascii(words[:200])


def sample(data: bytes) -> None:
    """A file of the set, and of the collector's directory."""
    verdict = examine(_file("calibration_0000.npz", data), {"rgbd6": rgbd6()})
    harmless(verdict.problem)
    harmless(verdict.schema)
    try:
        npz.arrays_of(data)
    except npz.Unreadable as error:
        harmless(str(error))


def member(data: bytes) -> None:
    """One array of a sample: its header and values, in a whole file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in ("stamp", "session", "source", "schema", "role", "simulated", "rgb"):
            file.writestr(f"{name}.npy", data)
    sample(out.getvalue())


def moved_set(data: bytes) -> None:
    """An archive to be imported: nothing of it leads out of the set."""
    place = _place()
    (place / "inside").mkdir(exist_ok=True)
    before = {path.name for path in place.iterdir()}
    kept, into = place / "inside" / "kept", place / "inside" / "set"
    try:
        archive.take_in(_file("moved.tar.gz", data), into, Config(), kept)
    except OperatorError as error:
        harmless(error.sentence())
    after = {path.name for path in place.iterdir()}
    assert after - before <= {"moved.tar.gz"}


def collector_packet(data: bytes) -> None:
    """A message at the relay's port: parsed there, decoded by the recorder."""
    try:
        found = packet.parse(data)
        decode.arrays(found)
        decode.vector(found, "action")
    except packet.Malformed as error:
        assert len(str(error)) < 1000


def protocol_frame(data: bytes) -> None:
    """A message at the daemon's socket, or at a client's end of it."""
    try:
        found = protocol.decode(data)
    except OperatorError as error:
        harmless(error.sentence())
    else:
        assert protocol.encode(found)


def onnx_model(data: bytes) -> None:
    """A model that was pulled, with a file of weights, looked at before it is converted."""
    name, size = WEIGHTS
    _file(name, bytes(size))
    found = contract.inspect(_file("model.onnx", data), "rgbd6", rgbd6("1"))
    for problem in found.problems:
        harmless(f"{problem.message} {problem.hint} {problem.where}")


def rknn_header(data: bytes) -> None:
    """A converted model that somebody put there."""
    path = _file("model.rknn", data)
    found = header.read(path)
    assert found is None or isinstance(found.precision, str)
    header.note(path, "rovertui:")


def known_hosts(data: bytes) -> None:
    known = trust.KnownHosts.load([_file("known_hosts", data)])
    for name in ("v620.lab", "[v620.lab]:2222"):
        known.types_for(name)
        known.judge(name, b"\0\0\0\x0bssh-ed25519" + b"\0" * 36)


def ssh_config(data: bytes) -> None:
    path = _file("ssh_config", data)
    try:
        found = server.resolve(server.Server(host="v620", user="rover", ssh_config=str(path)))
        harmless(str(found))
        if found.jump:
            server.jump_server(server.Server(host="v620"), found.jump)
    except OperatorError as error:
        harmless(clean(error.sentence(), 4000))


def configuration(data: bytes) -> None:
    try:
        config = config_file.parse(data.decode("utf-8", "replace"), "config.toml")
    except OperatorError as error:
        harmless(error.sentence())
        return
    for schema in config.schemas.values():
        try:
            Features(schema)
        except OperatorError as error:
            harmless(clean(error.sentence(), 4000))


def listing(data: bytes) -> None:
    """What the training server says lies in its directory: time, then NUL-ended records."""
    clock, _, records = data.partition(b"\n")
    try:
        files = [checkpoints.read_record(record) for record in records.split(b"\0")[:-1]]
    except ValueError:
        return
    found = checkpoints.arrange(files, "runs", "ppo_v620_update_*", checkpoints.read_clock(clock))
    for name in (*found.other_names, *(one.name for one in found.checkpoints)):
        harmless(name)
        assert "/" not in name or name in found.other_names
    for one in found.checkpoints:
        harmless(ago(max(0.0, found.server_time - one.mtime)))
        time.localtime(one.mtime)


def toolkit_output(data: bytes) -> None:
    """What rknn-toolkit2 and its native library print."""
    lines, told = Lines(), list[dict[str, object]]()
    hearing = Hearing(Heard(), Reporter(told.append))
    for begin in range(0, len(data), 4096):
        for line in lines.feed(data[begin : begin + 4096]):
            if said := parse(line):
                hearing.take("said", said)
    for line in lines.close():
        if said := parse(line):
            hearing.take("said", said)
    hearing.close()
    _through_a_job(told)


def worker_event(data: bytes) -> None:
    """Lines of the worker, which runs somebody else's code."""
    told = list[dict[str, object]]()
    hearing = Hearing(Heard(), Reporter(told.append))
    for line in data.split(b"\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            hearing.take("event", event)
    hearing.close()
    _through_a_job(told)


def _through_a_job(told: list[dict[str, object]]) -> None:
    directory = _place() / "000001"
    directory.mkdir(exist_ok=True)
    (directory / "events.jsonl").unlink(missing_ok=True)
    job = Job(directory, Record(id=1, kind="convert", title="convert", created=0.0))
    for event in told:
        job.emit(dict(event))
    job.view()
    for event in job.read(0, 1000)[0]:
        harmless(str(event.get("text", "")))


def model_sheet(data: bytes) -> None:
    """A sheet: read, and made into the figures and the program that an operator sees."""
    try:
        found = sheet.decode(data, "model.json")
        program = feeding.python(found, "model")
        for line in program.splitlines():
            harmless(line)
        compile(program, "feed", "exec")
    except OperatorError as error:
        harmless(error.sentence())
        return
    if found.check:
        figures.wheel_words(found)
        figures.wrong_sign(found)


def kept_record(data: bytes) -> None:
    """State, jobs, journal, index, audit: files of ours that somebody else may have changed."""
    for kind in (Entry, Outcome, Deployment, RelayRecord, Record, dict[str, str], list[str]):
        try:
            found = from_json(data, kind)
        except Damaged as error:
            harmless(str(error))
        else:
            msgspec.to_builtins(found)
    try:
        from_msgpack(data, dict[str, object])
    except Damaged as error:
        harmless(str(error))
    log = audit.Audit(_file("audit.jsonl", data))
    for line in log.read():
        assert isinstance(line, dict)


TARGETS: dict[str, Target] = {
    "sample": sample,
    "array": member,
    "archive": moved_set,
    "packet": collector_packet,
    "frame": protocol_frame,
    "onnx": onnx_model,
    "rknn": rknn_header,
    "known_hosts": known_hosts,
    "ssh_config": ssh_config,
    "config": configuration,
    "listing": listing,
    "toolkit": toolkit_output,
    "worker": worker_event,
    "sheet": model_sheet,
    "record": kept_record,
}
"""By the name that ``./run fuzz NAME`` takes."""
