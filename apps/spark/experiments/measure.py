"""Times rounds on 1, 2 and 4 partitions of a cluster of two executors on this machine, and asgd-train without Spark.

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
from asgd_spark.options import parse  # noqa: E402
from asgd_spark.training import train  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

ROUNDS = 4
WORKER = os.environ.get("ASGD_TRAIN", f"node {APP.parent / 'train' / 'dist' / 'main.js'}")


def alone(data: str, test: str, training: list[str]) -> None:
    """The same rounds in one process after the other."""
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model.json")
        for number in range(1, ROUNDS + 1):
            start = ["--model", model] if number > 1 else training
            began, before = time.monotonic(), os.times()
            with open(data, "rb") as rows:
                part = subprocess.run(
                    [*shlex.split(WORKER), "--partial", *start], stdin=rows, check=True, capture_output=True
                ).stdout
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            Path(model).write_bytes(part)
            seconds = time.monotonic() - began
            with open(test, "rb") as rows:
                found = json.loads(
                    subprocess.run(
                        [*shlex.split(WORKER), "--evaluate", "--model", model], stdin=rows, check=True, capture_output=True
                    ).stdout
                )
            error = found["average"]["error"] / found["rows"]
            print(f"alone, round {number}: {seconds:.2f} s, {cpu:.2f} s of processor time, error {error:.4f}", flush=True)


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
        for record in train(spark, options, say=lambda line: None):
            print(
                f"{partitions} partitions, round {record['round']}: {record['seconds']:.2f} s, "
                f"error {record['error_average']:.4f}, up {record['sent']} B, model {record['model']} B, "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    alone(data, test, settings)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
