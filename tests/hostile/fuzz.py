"""A coverage-guided run over everything that takes bytes from outside: ``./run fuzz``.

It needs atheris (libFuzzer for Python), which is installed into a directory that is removed at
the end; the program's own environment is not touched. Corpora lie in memory. The table it prints
is the one in docs/security.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_MEMORY_MB, _SLOWEST_S, _LONGEST = 2048, 20, 1 << 16
_INSTRUMENTED = ["rovertui", "zipfile", "tarfile", "numpy.lib", "paramiko.config", "json.decoder"]


def one(kind: str, seconds: int, corpus: Path) -> None:
    """Fuzz one kind in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.hostile.seeds import SEEDS
        from tests.hostile.targets import TARGETS

    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(SEEDS[kind]()):
        (corpus / f"seed-{number}").write_bytes(data)
    target = TARGETS[kind]

    def guarded(data: bytes) -> None:
        target(data)

    atheris.Setup(
        [
            "fuzz",
            str(corpus),
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={_MEMORY_MB}",
            f"-timeout={_SLOWEST_S}",
            f"-max_len={_LONGEST}",
            f"-artifact_prefix={corpus.parent}/finding-{kind}-",
            "-print_final_stats=1",
        ],
        guarded,
    )
    atheris.Fuzz()


def run(kind: str, seconds: int, place: Path, extra: str) -> dict[str, Any]:
    """Fuzz one kind in a process of its own; what it counted."""
    paths = [extra, str(ROOT), os.environ.get("PYTHONPATH", "")]
    started = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.hostile.fuzz", "--one", kind),
            *("--seconds", str(seconds), "--corpus", str(place / kind)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    log = place / f"{kind}.log"
    log.write_bytes(done.stdout)
    return counted(kind, place, time.monotonic() - started, done.returncode)


def counted(kind: str, place: Path, seconds: float, status: int) -> dict[str, Any]:
    """What libFuzzer wrote of one kind, as a row of the table."""
    log = (place / f"{kind}.log").read_text(errors="replace")
    edges = re.findall(r"cov: (\d+)", log)
    return {
        "kind": kind,
        "seconds": round(seconds),
        "executions": _last(r"stat::number_of_executed_units:\s+(\d+)", log),
        "edges": [int(edges[0]), int(edges[-1])] if edges else [0, 0],
        "corpus": sum(1 for _ in (place / kind).iterdir()) if (place / kind).is_dir() else 0,
        "peak_mb": _last(r"stat::peak_rss_mb:\s+(\d+)", log),
        "findings": len(list(place.glob(f"finding-{kind}-*"))) or int(status != 0),
    }


def _last(pattern: str, log: str) -> int:
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| what | executions | edges: seeds, end | inputs kept | most memory | findings |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        first, last = row["edges"]
        lines.append(
            f"| {row['kind']} | {row['executions']:,} | {first:,}, {last:,} | {row['corpus']:,} "
            f"| {row['peak_mb']} MB | {row['findings']} |"
        )
    seconds = sum(row["seconds"] for row in rows)
    executions = sum(row["executions"] for row in rows)
    found = sum(row["findings"] for row in rows)
    lines += ["", f"{executions:,} executions in {seconds / 60:.0f} minutes, {found} findings."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.add_argument("kind", nargs="*", help="without one: all")
    parser.add_argument("--minutes", type=float, default=30.0, help="in total; 30 unless said")
    parser.add_argument("--keep", type=Path, help="keep corpora, logs and findings here")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.seconds, given.corpus)
        return 0
    from tests.hostile.targets import TARGETS

    unknown = sorted(set(given.kind) - set(TARGETS))
    if unknown:
        parser.error(f"expected one of {', '.join(TARGETS)}, found {unknown[0]!r}")
    kinds = given.kind or list(TARGETS)
    with tempfile.TemporaryDirectory(prefix="rovertui-fuzz-") as name:
        extra = "" if importlib.util.find_spec("atheris") else str(Path(name, "packages"))
        if extra:
            print("Installing atheris into a directory of its own ...", file=sys.stderr)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            subprocess.run([*pip, "--only-binary", ":all:", "-t", extra, "atheris"], check=True)
        place = given.keep or Path(name, "work")
        place.mkdir(parents=True, exist_ok=True)
        rows = []
        for kind in kinds:
            row = run(kind, max(1, round(given.minutes * 60 / len(kinds))), place, extra)
            rows.append(row)
            print(f"{kind}: {row['executions']:,} executions, {row['findings']} findings")
            if row["findings"]:
                print((place / f"{kind}.log").read_text()[-3000:], file=sys.stderr)
        print(table(rows))
    return 1 if any(row["findings"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
