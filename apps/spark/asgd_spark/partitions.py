"""Two ways to run asgd-train on partitions: RDDs where there is a SparkContext, DataFrames with Spark Connect.

Both give the same bits.
"""

from __future__ import annotations

from typing import Any, Protocol

from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import asgd_worker
from asgd_worker import WIDTH, Job, Record

_SCHEMA = "index long, kind string, text string, sent long, partition long"


class Partitions(Protocol):
    """Rows where they lie."""

    rows: DataFrame
    count: int

    def each(self, job: Job, model: str | None) -> list[Record]:
        """What each partition makes, in their order."""
        ...

    def merged(self, job: Job, model: str | None) -> Record | None:
        """The part that all partitions make together, merged in a tree; `None` if there are no rows."""
        ...


class RddPartitions:
    """Each round is one job. What was shuffled is not shuffled again: the RDD stays the same."""

    def __init__(self, rows: DataFrame) -> None:
        self.rows = rows
        self._rdd = rows.rdd
        self._context = rows.sparkSession.sparkContext
        self.count: int = self._rdd.getNumPartitions()

    def each(self, job: Job, model: str | None) -> list[Record]:
        start = self._context.broadcast(model)
        try:
            return sorted(Record(*record) for record in self._records(job, start).collect())
        finally:
            start.unpersist()

    def merged(self, job: Job, model: str | None) -> Record | None:
        start = self._context.broadcast(model)
        try:
            records = self._records(job, start)
            for count in widths(self.count):
                records = (
                    records.keyBy(lambda record: record[0] // WIDTH).groupByKey(count).flatMap(_merging(job.program))
                )
            found = records.collect()
        finally:
            start.unpersist()
        return Record(*found[0]) if found else None

    def _records(self, job: Job, start: Any) -> Any:
        def task(index: int, found: Any) -> list[Record]:
            return asgd_worker.on_rows(job, start.value, index, (row[0] for row in found))

        return self._rdd.mapPartitionsWithIndex(task)


def _merging(program: tuple[str, ...]) -> Any:
    def task(group: Any) -> list[Record]:
        index, records = group
        return asgd_worker.merge(program, index, [Record(*record) for record in records])

    return task


class ConnectPartitions:
    """The start of a round travels with each task: Spark Connect has no broadcasts."""

    def __init__(self, rows: DataFrame, count: int | None) -> None:
        self.rows = rows
        self.count: int = count or _count(rows)

    def each(self, job: Job, model: str | None) -> list[Record]:
        return sorted(Record(*row) for row in self._records(job, model).collect())

    def merged(self, job: Job, model: str | None) -> Record | None:
        records = self._records(job, model)
        for _ in widths(self.count):
            groups = records.withColumn("group", F.expr(f"index div {WIDTH}"))
            records = groups.groupBy("group").applyInPandas(_merging_in_pandas(job.program), _SCHEMA)
        found = records.collect()
        return Record(*found[0]) if found else None

    def _records(self, job: Job, model: str | None) -> DataFrame:
        def task(batches: Any) -> Any:
            import pandas

            context = TaskContext.get()
            assert context is not None
            lines = (line for batch in batches for line in batch["value"])
            records = asgd_worker.on_rows(job, model, context.partitionId(), lines)
            yield pandas.DataFrame(records, columns=list(Record._fields))

        return self.rows.mapInPandas(task, _SCHEMA)


def _count(rows: DataFrame) -> int:
    last = rows.select(F.spark_partition_id().alias("at")).agg(F.max("at")).head()
    return 1 if last is None or last[0] is None else last[0] + 1


def _merging_in_pandas(program: tuple[str, ...]) -> Any:
    def task(group: Any) -> Any:
        import pandas

        fields = list(Record._fields)
        found = [Record(*row) for row in group[fields].itertuples(index=False, name=None)]
        merged = asgd_worker.merge(program, int(group["group"].iloc[0]), found)
        return pandas.DataFrame(merged, columns=fields)

    return task


def widths(count: int) -> list[int]:
    """How many groups each level of the tree has, down to one."""
    levels = [-(-count // WIDTH)]
    while levels[-1] > 1:
        levels.append(-(-levels[-1] // WIDTH))
    return levels


def is_connect(spark: SparkSession) -> bool:
    return type(spark).__module__.startswith("pyspark.sql.connect")


def send_worker(spark: SparkSession) -> None:
    """Gives executors the code of tasks."""
    if is_connect(spark):
        spark.addArtifacts(asgd_worker.__file__, pyfile=True)
    else:
        spark.sparkContext.addPyFile(asgd_worker.__file__)


def partitions_of(rows: DataFrame, count: int | None = None) -> Partitions:
    """By the kind of the session. `count`: how many there are, if that is known."""
    return ConnectPartitions(rows, count) if is_connect(rows.sparkSession) else RddPartitions(rows)


def row_text(rows: DataFrame, partition: int, row: int) -> str | None:
    """The text of a row, counted from 1, of a partition."""

    def task(batches: Any) -> Any:
        context = TaskContext.get()
        assert context is not None
        is_here = context.partitionId() == partition
        seen = 0
        for batch in batches:
            if is_here and seen < row <= seen + len(batch):
                yield batch.iloc[row - seen - 1 : row - seen]
            seen += len(batch)

    found = rows.mapInPandas(task, "value string").collect()
    return found[0].value if found else None
