"""Vectors of many tables: the same bytes from every engine and after kills, the worth of a second worker, memory.

    python bench/shards.py                                     20,000 texts in 20 tables
    python bench/shards.py --rows 200000 --kills 10 --ray      a quarter of an hour

A kill hits a worker or the driver at a random moment; a driver that was killed is started again. ``--ray`` needs the
extra ``cluster``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from embedding import make_texts

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.embedding import embed, text_encoder
from lib.posts import tables


def start(given: Sequence[Path], out: Path, encoder: str, *more: str) -> subprocess.Popen:
    """``python -m lib embed`` in a group of its own."""
    command = [sys.executable, "-m", "lib", "embed", *map(str, given), "--out", str(out), "--text", encoder]
    command += ["--photo", "none", *more]
    return subprocess.Popen(command, cwd=sys.path[0], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(*runs: subprocess.Popen) -> None:
    for run in runs:
        errors = run.communicate()[1]
        if run.returncode:
            sys.exit(f"embed stopped with exit status {run.returncode}: {errors}")


def seconds(*runs: tuple) -> float:
    """How long commands take that are started together."""
    begun = time.monotonic()
    finish(*[start(*run) for run in runs])
    return time.monotonic() - begun


def differences(out: Path, expected: dict[str, np.ndarray]) -> str:
    """What is wrong with the vectors in a folder, in words."""
    (folder,) = out.iterdir()
    files = [path for path in folder.iterdir() if path.suffix == ".npy"]
    found = {path.name.rpartition("-")[0]: np.load(path) for path in files}
    if len(files) != len(expected) or found.keys() != expected.keys():
        return f"{len(files)} files for {len(expected)} tables"
    other = [name for name, vectors in expected.items() if vectors.tobytes() != found[name].tobytes()]
    return f"other bytes in {', '.join(other)}" if other else "the same bytes as in one go"


def workers_of(driver: int) -> list[int]:
    """Processes that a driver started and that do its work."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    below = {driver}
    for pid, parent, _ in sorted(rows, key=lambda row: int(row[0])):
        if int(parent) in below:
            below.add(int(pid))
    return [
        int(pid) for pid, _, line in rows if int(pid) in below and ("spawn_main" in line or line.startswith("ray::Map"))
    ]


def killed(given: Sequence[Path], out: Path, encoder: str, kills: int, pause: float, *more: str) -> tuple[Path, str]:
    """Embed with kills at random moments, anew until there were enough; the last folder, and how many hit whom."""
    draw, hit = random.Random(0), {"driver": 0, "worker": 0}
    for attempt in itertools.count():
        folder, run = out / str(attempt), None
        while run is None or run.returncode:
            run = start(given, folder, encoder, *more)
            while run.poll() is None and sum(hit.values()) < kills:
                time.sleep(draw.uniform(0.2, 1) * pause)
                workers = workers_of(run.pid)
                if run.poll() is None and workers:
                    victim, who = draw.choice([(run.pid, "driver"), (draw.choice(workers), "worker")])
                    os.kill(victim, signal.SIGKILL)
                    hit[who] += 1
                    if who == "driver":
                        run.wait()
            errors = run.communicate()[1]
            if run.returncode not in (0, -signal.SIGKILL):
                sys.exit(f"embed stopped with exit status {run.returncode}: {errors}")
        if sum(hit.values()) == kills:
            return folder, f"{hit['driver']} kills of the driver and {hit['worker']} of a worker"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=20)
    parser.add_argument("--encoder", default="navec-sif")
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--ray", action="store_true")
    asked = parser.parse_args()
    name = asked.encoder
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary) / "posts", Path(temporary)
        folder.mkdir()
        texts = {f"posts-{i:03}": part for i, part in enumerate(np.array_split(make_texts(asked.rows), asked.shards))}
        for table, part in texts.items():
            pd.DataFrame({"text": part}).to_csv(folder / f"{table}.csv", index=False)
        paths = tables([folder])
        vectors = embed([text for part in texts.values() for text in part], text_encoder(name))
        ends = np.cumsum([len(part) for part in texts.values()])[:-1]
        expected = dict(zip(texts, np.split(vectors, ends), strict=True))
        print(f"{asked.rows:,} texts in {len(paths)} tables, {joblib.cpu_count()} cores", flush=True)

        tenth = paths[: max(1, len(paths) // 10)]
        finish(start(tenth, out / "tenth", name))
        small = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        whole = seconds((paths, out / "two", name, "--workers", "2"))
        print(f"two workers: {differences(out / 'two', expected)}")
        large = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"peak memory: {large / small:.2f} times that of a tenth of the tables (bar 1.2)", flush=True)
        one = seconds((paths, out / "one", name, "--workers", "1"))
        halves = [(paths[i::2], out / "halves", name, "--workers", "1") for i in range(2)]
        print(f"two workers: {one / whole:.2f} times the speed of one (bar 1.7), {seconds(*halves) / whole:.2f} times "
              "that of two programs with a half each (bar 0.9)", flush=True)  # fmt: skip
        for engine, more in {"processes": [], "Ray": ["--engine", "ray"]}.items():
            if engine == "Ray" and not asked.ray:
                continue
            last, hit = killed(paths, out / engine, name, asked.kills, whole / 3, "--workers", "2", *more)
            print(f"{engine}: {hit}; {differences(last, expected)}", flush=True)


if __name__ == "__main__":
    main()
