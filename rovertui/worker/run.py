"""One conversion from job to result."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import golden, graph, layers, model_file, network, pooling, samples, supported
from .channel import Channel
from .failure import Failure, last_words
from .hashing import sha256_of
from .job import BUILDS, MARKER, InputJob, Job
from .verify import Comparison

_NOTE_LIMIT = 1000
GOLDEN = "golden.npz"


def convert(job: Job, channel: Channel) -> dict[str, Any]:
    """Check, prepare, build, verify and export.

    Returns:
        What the parent needs for the model sheet.

    Raises:
        Failure: in words an operator can act on.
    """
    job.scratch.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=job.scratch))
    try:
        os.chdir(work)
        os.environ["TMPDIR"] = tempfile.tempdir = str(work)
        return _Conversion(job, channel, work).run()
    finally:
        os.chdir("/")
        shutil.rmtree(work, ignore_errors=True)


class _Conversion:
    def __init__(self, job: Job, channel: Channel, work: Path) -> None:
        self.job = job
        self.channel = channel
        self.work = work
        self.onnx = work / "model.onnx"
        self.inputs: list[InputJob] = []
        self.outputs: list[dict[str, Any]] = []
        self.reference: Any = None
        self.seen = samples.Seen([])
        self.comparison: Comparison | None = None

    def run(self) -> dict[str, Any]:
        job, channel = self.job, self.channel
        channel.stage("check", job.model.name)
        self._check()
        channel.stage("prepare", self._prepare_text())
        dataset, calibration, check = self._prepare()
        data_sha256 = _hash_of(calibration)
        note = self._note(data_sha256)
        channel.stage("load")
        # Imported last: it takes seconds and half a gigabyte, and everything above refuses sooner.
        from .toolkit import Toolkit

        def loaded() -> Toolkit:
            toolkit = Toolkit(self.inputs, job.target, note, BUILDS[job.precision])
            toolkit.load(self.onnx)
            return toolkit

        toolkit = loaded()
        if job.precision == "hybrid" and dataset:
            try:
                toolkit.build_hybrid(self.onnx, dataset, (*job.hybrid, *job.finer))
            except Failure as failure:
                if not job.finer:
                    raise
                channel.warning(
                    "Only the vectors' way can be kept in float16; pooling and first convolutions "
                    f"are quantized: {failure.message}"
                )
                toolkit = loaded()
                toolkit.build_hybrid(self.onnx, dataset, job.hybrid)
        else:
            toolkit.build(dataset)
        if job.layers:
            return self._by_layer(toolkit)
        figures = self._verify(toolkit, check) if check else None
        channel.stage("export", job.output)
        exported = job.scratch / job.output
        toolkit.export(exported)
        if figures:
            self._keep_golden(figures)
        return {
            "rknn": str(exported),
            "rknn_bytes": exported.stat().st_size,
            "rknn_sha256": sha256_of(exported),
            "precision": job.precision,
            "target": job.target,
            "toolkit": toolkit.version,
            "note": note,
            "data_sha256": data_sha256,
            "calibration": calibration,
            "outputs": self.outputs,
            "check": figures,
            "seen": {given.name: list(self.seen.range(given)) for given in self.inputs},
            "golden": GOLDEN if figures else "",
        }

    def _check(self) -> None:
        job = self.job
        model = model_file.read(job.model)
        if model_file.fingerprint(job.model)[0] != job.model_sha256:
            raise Failure(
                f"{job.model.name}: the file, or one with its weights, has changed since this "
                "conversion was asked for.",
                hint="Ask for it again.",
                code="model",
            )
        found = network.facts(model)
        for problem in supported.problems(found):
            raise problem
        self._match(found.inputs)
        self._check_rung()
        vectors = {g.name: g.factor for g in self.inputs if not g.is_image and _scaled(g)}
        import onnx

        built = graph.prepared(model, vectors)
        if job.precision == "hybrid":
            pooling.split(built)
        onnx.save(built, str(self.onnx))
        self.reference = self._float_model(graph.prepared(model, {}))
        self.outputs = [
            {"name": str(value.name), "shape": _sizes(value.shape)}
            for value in self.reference.get_outputs()
        ]

    def _match(self, tensors: Sequence[network.Tensor]) -> None:
        known = {given.name: given for given in self.job.inputs}
        for tensor in tensors:
            given = known.get(tensor.name)
            if given is None:
                raise Failure(
                    f"The model's input {tensor.words()} has no array in the job.",
                    code="inputs",
                    where=tensor.name,
                )
            if given.shape != tensor.fixed:
                raise Failure(
                    f"Input {tensor.words()}: the job says {given.shape}.",
                    code="shape",
                    where=tensor.name,
                )
            self.inputs.append(given)

    def _check_rung(self) -> None:
        job = self.job
        if job.precision != "fp16" and not job.calibration:
            raise Failure(
                f"There are no calibration samples, and {job.precision} needs them.",
                hint="Record samples, or ask for fp16.",
                code="no-samples",
            )
        if job.precision == "hybrid" and not job.hybrid:
            raise Failure(
                "Hybrid was asked for, but no path is to stay in float16.", code="precision"
            )
        for given in self.inputs:
            if job.precision == "int8" and not given.is_image and _scaled(given):
                raise Failure(
                    f"Input {given.name}: its feed and the network's values differ by a factor of "
                    f"{given.factor:g}, which int8 cannot express for a vector.",
                    hint="Use hybrid or fp16, or let the node feed what the network wants.",
                    code="points",
                    where=given.name,
                )

    def _float_model(self, model: Any) -> Any:
        """The network as it was trained, without anything that was put in front for the feed."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.job.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  its exceptions have no common base class
            raise Failure(
                f"{self.job.model.name}: not a network that can run: {last_words(str(error))}",
                hint="Export it again with standard ONNX operators.",
                code="model",
                where=self.job.model.name,
            ) from None

    def _prepare_text(self) -> str:
        fp16 = self.job.precision == "fp16"
        used = "no" if fp16 else str(len(self.job.calibration))
        frames = len(self.job.check)
        rest = f"{frames} to compare the layers on" if self.job.layers else f"{frames} for checking"
        return f"{used} samples for calibration, {rest}"

    def _prepare(self) -> tuple[Path | None, list[dict[str, str]], list[dict[str, str]]]:
        """Check every sample, and write the calibration files of ``build()``.

        They hold what the node feeds, before mean and std, as (1, C, H, W); names without
        spaces, relative to the list: it knows no quoting.
        """
        job = self.job
        wanted = job.calibration if job.precision != "fp16" else ()
        total, done = len(wanted) + len(job.check), 0
        calibration: list[dict[str, str]] = []
        check: list[dict[str, str]] = []
        lines: list[str] = []
        self.seen = samples.Seen(self.inputs)
        for number, path in enumerate(wanted):
            arrays = samples.open_sample(path, self.inputs)
            self.seen.add(arrays)
            lines.append(self._stage(number, arrays))
            calibration.append({"name": path.name, "sha256": sha256_of(path)})
            done += 1
            self.channel.progress(done, total, "samples")
        for warning in self.seen.warnings():
            self.channel.warning(warning)
        known = {entry["sha256"]: entry["name"] for entry in calibration}
        for path in job.check:
            self.seen.add(samples.open_sample(path, self.inputs))
            entry = {"name": path.name, "sha256": sha256_of(path)}
            if entry["sha256"] in known:
                raise Failure(
                    f"{path.name} is for checking, but the same sample calibrates as "
                    f"{known[entry['sha256']]}.",
                    hint="Remove one of the two: a check on calibration samples hides failures.",
                    code="sample",
                    where=str(path),
                )
            check.append(entry)
            done += 1
            self.channel.progress(done, total, "samples")
        if not lines:
            return None, calibration, check
        dataset = self.work / "dataset.txt"
        dataset.write_text("\n".join(lines) + "\n")
        return dataset, calibration, check

    def _stage(self, number: int, arrays: dict[str, samples.Array]) -> str:
        import numpy as np

        names = []
        for index, given in enumerate(self.inputs):
            name = f"s{number:05d}_{index}.npy"
            np.save(
                self.work / name,
                samples.feed_channels_first(arrays[given.array], given),
                allow_pickle=False,
            )
            names.append(name)
        return " ".join(names)

    def _note(self, data_sha256: str) -> str:
        facts = {
            "onnx": self.job.model_sha256,
            "data": data_sha256,
            "precision": self.job.precision,
            "note": self.job.note,
        }
        note = MARKER + json.dumps(facts, separators=(",", ":"))
        if len(note) > _NOTE_LIMIT:
            raise Failure(f"The note for the model is too long ({len(note)}).", code="job")
        return note

    def _verify(self, toolkit: Any, check: Sequence[dict[str, str]]) -> dict[str, Any]:
        """The simulator gets what the node feeds, the float model what training fed.

        A wrong scale between the two then shows as an error instead of cancelling out.
        """
        total = len(self.job.check)
        self.channel.stage("verify", f"{total} frames")
        toolkit.start_simulator()
        comparison = Comparison([output["name"] for output in self.outputs], self.job.over)
        for done, path in enumerate(self.job.check, 1):
            arrays = samples.open_sample(path, self.inputs)
            nets = {given.name: samples.net(arrays[given.array], given) for given in self.inputs}
            feeds = [samples.feed(arrays[given.array], given) for given in self.inputs]
            comparison.add(path.name, self.reference.run(None, nets), toolkit.infer(feeds))
            self.channel.progress(done, total, "frames")
        figures, warnings = comparison.result()
        for warning in warnings:
            self.channel.warning(warning)
        for entry, frame in zip(check, figures["by_frame"], strict=True):
            frame["sha256"] = entry["sha256"]
        self.comparison = comparison
        return figures

    def _by_layer(self, toolkit: Any) -> dict[str, Any]:
        """Where the error arises: each layer of the simulator against the float one."""
        total = len(self.job.check)
        self.channel.stage("verify", f"{total} frames, layer by layer")
        found = layers.Layers()
        for done, path in enumerate(self.job.check, 1):
            arrays = samples.open_sample(path, self.inputs)
            fed = [samples.feed_channels_first(arrays[g.array], g) for g in self.inputs]
            found.add(toolkit.analyse(fed, self.work))
            self.channel.progress(done, total, "frames")
        return {
            "precision": self.job.precision,
            "toolkit": toolkit.version,
            "frames": total,
            "layers": found.rows(),
        }

    def _keep_golden(self, figures: dict[str, Any]) -> None:
        """Leave a few frames beside the model, for a unit test in the node's own package."""
        assert self.comparison is not None
        frames = figures["by_frame"]
        reference, rknn = self.comparison.stacked()
        first = next(iter(reference.values()))[:, 0]
        chosen = golden.pick([frame["error"] for frame in frames], [float(v) for v in first])
        arrays = [samples.open_sample(self.job.check[i], self.inputs) for i in chosen]
        golden.write(
            self.job.scratch / GOLDEN,
            self.inputs,
            [frames[i]["name"] for i in chosen],
            arrays,
            {name: (reference[name][chosen], rknn[name][chosen]) for name in reference},
        )


def _scaled(given: InputJob) -> bool:
    return abs(given.factor - 1.0) > 1e-9


def _sizes(shape: Sequence[Any]) -> list[int | None]:
    return [size if isinstance(size, int) else None for size in shape]


def _hash_of(entries: Sequence[dict[str, str]]) -> str:
    """One hash for a set of samples, whatever their names and order."""
    digest = hashlib.sha256()
    for sha256 in sorted(entry["sha256"] for entry in entries):
        digest.update(sha256.encode())
    return digest.hexdigest() if entries else ""
