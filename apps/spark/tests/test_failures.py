"""What fails is tried again and changes no bit, unless it would fail again: then the message says what to mend."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import APP, QUICK, WORKER, Run
from pyspark.sql import SparkSession

from asgd_spark.problem import Problem

TRAINING = ["--features", "50", "--classes=-1,1", "--lr", "0.5", "--partitions", "4", "--held-out", "0.2"]
TWO_ROUNDS = [*TRAINING, "--rounds", "2"]


def all_rows(data: Path) -> list[str]:
    return ["--data", str(data / "part-*.svm")]


def test_an_executor_killed_in_mid_task_changes_no_bit(
    run: Run, data: Path, tmp_path: Path, scripted: Callable[[str], str]
) -> None:
    # The first worker that gets rows reads some, and then kills the executor that is still sending more.
    flag = tmp_path / "killed"
    worker = scripted(
        f"""if [ "$1" = --partial ] && mkdir {flag}; then
  head -c 2000 > {flag}/read
  pid=$PPID
  until grep -q CoarseGrainedExecutorBackend /proc/$pid/cmdline; do
    pid=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
  done
  echo $pid > {flag}/pid
  kill -9 $pid
  sleep 60
fi"""
    )
    _, undisturbed = run(*all_rows(data), *TWO_ROUNDS)
    _, disturbed = run(*all_rows(data), *TWO_ROUNDS, worker=worker)
    assert (flag / "read").stat().st_size == 2000
    assert not Path(f"/proc/{int((flag / 'pid').read_text())}/cmdline").exists()
    assert disturbed == undisturbed


def test_a_worker_that_dies_once_changes_no_bit(
    run: Run, data: Path, tmp_path: Path, scripted: Callable[[str], str]
) -> None:
    flag = tmp_path / "died"
    worker = scripted(f'if [ "$1" = --partial ] && mkdir {flag}; then head -c 2000 > {flag}/read; kill -9 $$; fi')
    _, undisturbed = run(*all_rows(data), *TWO_ROUNDS)
    _, disturbed = run(*all_rows(data), *TWO_ROUNDS, worker=worker)
    assert (flag / "read").exists()
    assert disturbed == undisturbed


def test_a_worker_that_always_dies_tells_the_driver_why(
    run: Run, data: Path, tmp_path: Path, scripted: Callable[[str], str]
) -> None:
    tries = tmp_path / "tries"
    worker = scripted(f"echo >> {tries}; echo no space left >&2; exit 75")
    with pytest.raises(Exception, match=r"ended with status 75 on .*: no space left"):
        run("--data", str(data / "part-0.svm"), *TRAINING, "--partitions", "1", worker=worker)
    assert len(tries.read_text()) == 4


@pytest.mark.parametrize("order", [[], ["--shuffle", "3"]])
def test_a_row_that_is_wrong_is_named_with_its_file_and_line(
    run: Run, data: Path, tmp_path: Path, order: list[str]
) -> None:
    for at in range(3):
        lines = (data / f"part-{at}.svm").read_text().splitlines()
        if at == 1:
            lines[700] = "1 3:0.5 4:x"
        (tmp_path / f"part-{at}.svm").write_text("\n".join(lines) + "\n")
    with pytest.raises(Problem) as caught:
        run("--data", str(tmp_path / "part-*.svm"), *TRAINING, *order)
    found = f'{tmp_path}/part-1.svm:701:11: found "x", expected the value of feature 4, a finite number'
    assert str(caught.value).startswith(found)


def test_a_row_of_csv_that_is_wrong_is_named_with_its_file_and_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "trees.csv"
    file.write_text("kind,width\n" + "".join(f"{['oak', 'ash'][i % 2]},{i / 7}\n" for i in range(50)) + "oak,wide\n")
    with pytest.raises(Problem, match=rf'^{file}:52:5: cell 2 \(width\): found "wide", expected a finite number'):
        run("--data", str(file), "--label", "kind", "--classes", "oak,ash", "--lr", "0.1", "--held-out", "0")


def test_a_row_of_parquet_that_is_wrong_is_named_with_its_file_and_number(
    spark: SparkSession, run: Run, tmp_path: Path
) -> None:
    table = [("oak" if i % 2 else "ash", None if i == 30 else i / 7) for i in range(50)]
    spark.createDataFrame(table, "kind string, width double").coalesce(1).write.parquet(str(tmp_path / "trees.parquet"))
    with pytest.raises(Problem, match=r"/trees\.parquet/part-.*\.parquet: row 31:5: cell 2 \(width\): found nothing"):
        run("--data", str(tmp_path / "trees.parquet"), "--lr", "0.1", "--held-out", "0")


def test_options_that_are_wrong_are_refused_without_another_try(
    run: Run, data: Path, tmp_path: Path, scripted: Callable[[str], str]
) -> None:
    tries = tmp_path / "tries"
    worker = scripted(f"echo >> {tries}")
    with pytest.raises(Problem, match=r"argument 'slow' is invalid"):
        run("--data", str(data / "part-0.svm"), *TRAINING, "--partitions", "1", "--alpha", "slow", worker=worker)
    assert len(tries.read_text()) == 1


def test_no_rows_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.svm").write_text("")
    with pytest.raises(Problem, match=r"empty\.svm: there are no rows to train on"):
        run("--data", str(tmp_path / "empty.svm"), *TRAINING)


def test_a_run_goes_on_after_its_driver_was_killed(run: Run, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rounds"
    arguments = [*all_rows(data), *TRAINING, "--checkpoints", str(folder)]
    # Another kind of cluster, with one thread in place of two executors: the bits are the same.
    driver = subprocess.Popen(
        [sys.executable, str(APP / "train.py"), *arguments, "--rounds", "1000", "--worker", WORKER],
        env={**os.environ, "PYSPARK_SUBMIT_ARGS": f"--master local[1] --driver-java-options '{QUICK}' pyspark-shell"},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (folder / "round-00002.json").exists():
            assert driver.poll() is None
            time.sleep(0.1)
    finally:
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
    done = len(list(folder.glob("round-*.json")))
    rounds = ["--rounds", str(done + 1)]
    history, resumed = run(*arguments, *rounds, "--resume")
    assert [record["round"] for record in history] == list(range(1, done + 2))
    straight, whole = run(*all_rows(data), *TRAINING, *rounds)
    assert resumed == whole
    assert [record["loss_average"] for record in history] == [record["loss_average"] for record in straight]

    # What was done is neither forgotten nor mixed with another run.
    with pytest.raises(Problem, match=r"has rounds of an earlier run: give --resume"):
        run(*arguments, *rounds)
    with pytest.raises(Problem, match=r"whose held_out was 0.2, found 0.3: expected the same"):
        run(*arguments, *rounds, "--resume", "--held-out", "0.3")
    (folder / f"round-{done + 1:05d}.json").write_text('{"format":')
    with pytest.raises(Problem, match=rf"round-{done + 1:05d}\.json is not a checkpoint"):
        run(*arguments, *rounds, "--resume")


def test_spark_connect_gives_the_same_bits(run: Run, data: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    arguments = [*all_rows(data), *TRAINING, "--rounds", "1", "--shuffle", "5"]
    done = subprocess.run(
        [sys.executable, str(APP / "train.py"), *arguments, "--save", str(model), "--worker", WORKER]
        + ["--remote", "local[2]"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Written: model" in done.stdout
    _, expected = run(*arguments)
    assert json.loads(model.read_bytes()) == json.loads(expected)
