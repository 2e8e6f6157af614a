"""One Spark for all tests: a cluster of two executors, each a process of its own, on this machine."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(APP))

import pyspark  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from asgd_spark.options import parse  # noqa: E402
from asgd_spark.training import train  # noqa: E402

NODE = os.environ.get("ASGD_NODE") or shutil.which("node") or "node"
WORKER = f"{NODE} {APP.parent / 'train' / 'dist' / 'main.js'}"
# Most of a short run is the start of Java.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ActiveProcessorCount=2"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ.update(
        # Executors are started from there; pip installs no scripts that would know.
        SPARK_HOME=os.path.dirname(pyspark.__file__),
        SPARK_WORKER_DIR=str(tmp_path_factory.mktemp("work")),
        SPARK_LOCAL_IP="127.0.0.1",
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_SUBMIT_ARGS=f"--driver-java-options '{QUICK}' pyspark-shell",
    )
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.executor.extraJavaOptions", QUICK)
        .config("spark.executor.heartbeatInterval", "2s")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


class Run:
    """A run of train.py in the session of the tests."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.folder = folder

    def __call__(self, *arguments: str, worker: str = WORKER) -> tuple[list[dict[str, Any]], bytes]:
        """What is known of each round, and the bytes of the model."""
        model = self.folder / f"model-{len(list(self.folder.iterdir()))}.json"
        options = parse([*arguments, "--save", str(model), "--worker", worker])
        history = train(self.spark, options, say=lambda line: None)
        return history, model.read_bytes()


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path) -> Run:
    folder = tmp_path / "runs"
    folder.mkdir()
    return Run(spark, folder)


def rows(count: int, seed: int, features: int = 50, values: int = 8) -> list[str]:
    """LIBSVM with two classes that a line tells apart, up to some noise."""
    make = random.Random(seed)
    weights = [random.Random(i).gauss(0, 1) for i in range(features)]
    lines = []
    for _ in range(count):
        columns = sorted(make.sample(range(features), values))
        cells = [(column, round(make.random(), 3)) for column in columns]
        score = sum(weights[column] * value for column, value in cells) + make.gauss(0, 0.3)
        lines.append(" ".join(["1" if score > 0 else "-1", *(f"{column + 1}:{value}" for column, value in cells)]))
    return lines


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files of 3000 rows in all, and one with 1000 more."""
    folder = tmp_path_factory.mktemp("data")
    lines = rows(3000, 1)
    for at, part in enumerate((lines[:900], lines[900:2100], lines[2100:])):
        (folder / f"part-{at}.svm").write_text("\n".join(part) + "\n")
    (folder / "held-out.svm").write_text("\n".join(rows(1000, 2)) + "\n")
    return folder


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str], str]:
    """A worker that runs some shell before asgd-train."""

    def write(code: str) -> str:
        path = tmp_path / "worker.sh"
        path.write_text(f'#!/bin/sh\n{code}\nexec {WORKER} "$@"\n')
        path.chmod(0o755)
        return shlex.quote(str(path))

    return write


def asgd_train(arguments: list[str], text: str) -> str:
    """asgd-train on this machine, without Spark."""
    done = subprocess.run([*shlex.split(WORKER), *arguments], input=text, capture_output=True, text=True, check=True)
    return done.stdout
