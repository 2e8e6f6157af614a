"""Rounds on a real cluster, against one machine."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from conftest import Run, asgd_train
from pyspark.sql import SparkSession

from asgd_spark.partitions import partitions_of
from asgd_spark.source import open_source

TRAINING = ["--features", "50", "--classes=-1,1", "--lr", "0.5"]


def partial(text: str, start: Path | None = None) -> str:
    return asgd_train(["--partial", *(TRAINING if start is None else ["--model", str(start)])], text)


def test_one_partition_is_one_machine_to_the_bit(run: Run, data: Path, tmp_path: Path) -> None:
    file = data / "part-1.svm"
    history, model = run("--data", str(file), "--held-out", "0", "--rounds", "2", *TRAINING)
    first = tmp_path / "first.json"
    first.write_text(partial(file.read_text()))
    second = partial(file.read_text(), first)
    assert json.loads(model) == json.loads(second)["model"]
    assert [record["steps"] for record in history] == [1200, 2400]


def test_partitions_are_so_many_machines_to_the_bit_and_as_good_as_one_within_noise(
    spark: SparkSession, run: Run, data: Path, tmp_path: Path
) -> None:
    files, test = str(data / "part-*.svm"), data / "held-out.svm"
    arguments = ["--data", files, "--test", str(test), "--partitions", "4", "--rounds", "3", *TRAINING]
    history, model = run(*arguments)

    rows = open_source(spark, [files], None, 4, None).rows
    shards = ["".join(f"{row.value}\n" for row in shard) for shard in rows.rdd.glom().collect()]
    assert len(shards) >= 4
    merged = tmp_path / "merged.json"
    for at in range(3):
        parts = [partial(shard, merged if at > 0 else None) for shard in shards]
        merged.write_text(asgd_train(["--merge"], "".join(parts)))
    assert json.loads(model) == json.loads(merged.read_text())["model"]

    # What is shown is what asgd-train says of the model that was saved.
    saved = tmp_path / "saved.json"
    saved.write_bytes(model)
    shown = json.loads(asgd_train(["--evaluate", "--model", str(saved)], test.read_text()))
    assert history[-1]["error_average"] == shown["average"]["error"] / 1000
    assert history[-1]["loss_iterate"] == pytest.approx(shown["iterate"]["loss"] / 1000, rel=1e-12)

    one = tmp_path / "one.json"
    for at in range(3):
        one.write_text(partial("".join(shards), one if at > 0 else None))
    alone = json.loads(asgd_train(["--evaluate", "--model", str(one)], test.read_text()))["average"]["error"] / 1000
    # Two standard deviations of the difference, were the mistakes of the two independent.
    assert abs(history[-1]["error_average"] - alone) < 2 * math.sqrt(2 * alone * (1 - alone) / 1000)
    assert alone < 0.15


def test_a_shuffle_follows_from_the_seed_and_not_from_files(run: Run, data: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.svm"
    one.write_text("".join((data / f"part-{at}.svm").read_text() for at in (2, 0, 1)))
    arguments = ["--partitions", "3", "--rounds", "1", *TRAINING]
    _, first = run("--data", str(data / "part-*.svm"), "--shuffle", "7", *arguments)
    _, again = run("--data", str(one), "--shuffle", "7", *arguments)
    _, other = run("--data", str(one), "--shuffle", "8", *arguments)
    assert first == again
    assert first != other


def test_empty_partitions_add_nothing(spark: SparkSession, run: Run, tmp_path: Path) -> None:
    # No row begins in the blocks that the comment fills.
    file = tmp_path / "gap.svm"
    lines = [f"1 1:0.5 # {'x' * 5000}", "-1 2:1", "1 1:1"]
    file.write_text("\n".join(lines) + "\n")
    shards = open_source(spark, [str(file)], None, 5, None).rows.rdd.glom().map(len).collect()
    assert 0 in shards and sum(shards) == 3
    settings = ["--features", "2", "--classes=-1,1", "--lr", "0.5"]
    _, model = run("--data", str(file), "--partitions", "5", "--held-out", "0", "--rounds", "1", *settings)
    parts, at = [], 0
    for count in shards:
        parts.append(asgd_train(["--partial", *settings], "".join(f"{line}\n" for line in lines[at : at + count])))
        at += count
    assert json.loads(model) == json.loads(asgd_train(["--merge"], "".join(parts)))["model"]


def test_what_is_not_given_follows_from_the_data(run: Run, data: Path) -> None:
    history, model = run("--data", str(data / "part-*.svm"), "--rounds", "1", "--loss", "hinge")
    saved = json.loads(model)
    assert (saved["features"], saved["classes"], saved["options"]["loss"]) == (50, [-1, 1], "hinge")
    assert 0.1 < saved["lr"] < 2
    assert 250 < history[0]["held_out"] < 350
    assert history[0]["steps"] == 3000 - history[0]["held_out"]


def test_csv_and_parquet_with_the_same_rows_give_the_same_model(spark: SparkSession, run: Run, tmp_path: Path) -> None:
    cells = [(["oak", "ash"][i % 2], (i * 37 % 100) / 7, i % 5 + (i % 2) / 3) for i in range(400)]
    csv = tmp_path / "trees.csv"
    csv.write_text("kind,width,height\n" + "".join(f"{kind},{w!r},{h!r}\n" for kind, w, h in cells))
    parquet = tmp_path / "trees.parquet"
    table = spark.createDataFrame([(w, kind, h) for kind, w, h in cells], "width double, kind string, height double")
    table.coalesce(1).write.parquet(str(parquet))
    settings = ["--label", "kind", "--lr", "0.01", "--rounds", "1", "--held-out", "0"]
    _, from_csv = run("--data", str(csv), "--classes", "oak,ash", *settings)
    _, from_parquet = run("--data", str(parquet), *settings)
    assert json.loads(from_csv)["classes"] == ["ash", "oak"]
    assert from_csv == from_parquet
    # The worker is the same as without Spark.
    alone = asgd_train(
        ["--partial", "--format", "csv", "--label", "kind", "--classes", "oak,ash", "--lr", "0.01"], csv.read_text()
    )
    assert json.loads(from_csv) == json.loads(alone)["model"]


def test_more_than_eight_partitions_are_merged_in_a_tree(spark: SparkSession, run: Run, data: Path) -> None:
    files = str(data / "part-*.svm")
    arguments = ["--data", files, "--held-out", "0", "--shuffle", "1", "--partitions", "10", "--rounds", "1"]
    history, model = run(*arguments, *TRAINING)
    from asgd_spark.source import shuffled

    rows = shuffled(open_source(spark, [files], None, 10, None).rows, 10, 1)
    assert partitions_of(rows).count == 10
    shards = ["".join(f"{row.value}\n" for row in shard) for shard in rows.rdd.glom().collect()]
    parts = [partial(shard) for shard in shards]
    assert json.loads(model) == json.loads(asgd_train(["--merge"], "".join(parts)))["model"]
    # Ten parts, two of what they make, and one.
    assert history[0]["sent"] > 12 * len(parts[0]) * 0.9
