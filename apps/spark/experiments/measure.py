"""Times rounds on 1, 2 and 4 partitions of a cluster of two executors on this machine, and asgd-train without Spark.

Processor time is that of all processes that this one started: Java, Python and asgd-train.

    SPARK_LOCAL_IP=127.0.0.1 .venv/bin/python experiments/measure.py train.svm test.svm FEATURES
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(APP))

import pyspark  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from asgd_spark.options import parse  # noqa: E402
from asgd_spark.training import train  # noqa: E402

ROUNDS = 4
WORKER = os.environ.get("ASGD_TRAIN", f"node {APP.parent / 'train' / 'dist' / 'main.js'}")


def processor_time() -> float:
    """Seconds of all living descendants, and of those that they have waited for. Linux only."""
    ticks: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks[int(folder.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    children: dict[int, list[int]] = {}
    for process, (parent, _) in ticks.items():
        children.setdefault(parent, []).append(process)
    waiting, total = [os.getpid()], 0
    while waiting:
        process = waiting.pop()
        total += ticks[process][1]
        waiting += children.get(process, [])
    return total / os.sysconf("SC_CLK_TCK")


def alone(data: str, test: str, training: list[str]) -> None:
    """The same rounds in one process after the other."""
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model.json")
        for number in range(1, ROUNDS + 1):
            start = ["--model", model] if number > 1 else training
            began, before = time.monotonic(), processor_time()
            with open(data, "rb") as rows:
                part = subprocess.run(
                    [*shlex.split(WORKER), "--partial", *start], stdin=rows, check=True, capture_output=True
                ).stdout
            Path(model).write_bytes(part)
            seconds = time.monotonic() - began
            with open(test, "rb") as rows:
                found = json.loads(
                    subprocess.run(
                        [*shlex.split(WORKER), "--evaluate", "--model", model],
                        stdin=rows,
                        check=True,
                        capture_output=True,
                    ).stdout
                )
            cpu = processor_time() - before
            error = found["average"]["error"] / found["rows"]
            print(
                f"alone, round {number}: {seconds:.2f} s, {cpu:.2f} s of processor time with the test, "
                f"error {error:.4f}",
                flush=True,
            )


def main(data: str, test: str, features: str) -> None:
    os.environ.setdefault("SPARK_HOME", os.path.dirname(pyspark.__file__))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = ["--features", features, "--classes=-1,1", "--lr", os.environ.get("LR", "4"), "--lambd", "1e-5"]
    spark = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    alone(data, test, settings)
    for partitions in ("1", "2", "4"):
        arguments = ["--data", data, "--test", test, "--partitions", partitions, "--rounds", str(ROUNDS), *settings]
        options = parse([*arguments, "--worker", WORKER])
        times: list[float] = []
        for record in train(spark, options, say=lambda _, times=times: times.append(processor_time())):
            # Of the round and of its test.
            cpu = times[record["round"] + 1] - times[record["round"]]
            print(
                f"{partitions} partitions, round {record['round']}: {record['seconds']:.2f} s, "
                f"{cpu:.2f} s of processor time with the test, "
                f"error {record['error_average']:.4f}, up {record['sent']} B, model {record['model']} B",
                flush=True,
            )
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    alone(data, test, settings)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
