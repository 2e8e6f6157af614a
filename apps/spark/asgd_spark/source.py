"""The rows, as lines of text that asgd-train reads, and where in the files they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlparse

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from .problem import Problem

# Of the hash that sets rows aside: the same rows, whatever the seed.
_ASIDE = 1


@dataclass(frozen=True)
class Source:
    """Rows as a column `value` of text, and the line that names the columns of CSV."""

    spark: SparkSession
    paths: tuple[str, ...]
    format: str
    rows: DataFrame
    header: str | None

    def files(self) -> list[str]:
        """The files, in the order of their names."""
        return sorted(self.rows.inputFiles())

    def split(self, share: float) -> tuple[DataFrame, DataFrame]:
        """The rows to train on, and those set aside. Equal rows are on the same side."""
        parts = 1_000_000
        is_aside = F.pmod(F.xxhash64(F.lit(_ASIDE), F.col("value")), F.lit(parts)) < round(share * parts)
        return self.rows.where(~is_aside), self.rows.where(is_aside)

    def place(self, value: str) -> str | None:
        """The file and the line, or row, of the first row with this text."""
        if self.format == "parquet":
            found = (
                _parquet_lines(self.spark.read.parquet(*self.paths), self.header or "", "row_index")
                .where(F.col("value") == value)
                .orderBy("file_path", "row_index")
                .head()
            )
            return None if found is None else f"{_path(found.file_path)}: row {found.row_index + 1}"
        found = (
            self.spark.read.text(list(self.paths))
            .where(F.col("value") == value)
            .select("_metadata.file_path")
            .orderBy("file_path")
            .head()
        )
        return None if found is None else f"{_path(found.file_path)}:{self._line(found.file_path, value)}"

    def _line(self, file: str, value: str) -> int:
        """A large file is read in blocks: the line is after those of the blocks before."""

        def count(batches: Any) -> Any:
            import pandas

            counts: dict[int, list[int]] = {}
            for batch in batches:
                for start, text in zip(batch["file_block_start"], batch["value"], strict=True):
                    entry = counts.setdefault(int(start), [0, -1])
                    if entry[1] < 0 and text == value:
                        entry[1] = entry[0]
                    entry[0] += 1
            yield pandas.DataFrame(
                [(start, *entry) for start, entry in counts.items()],
                columns=["file_block_start", "lines", "first"],
            )

        text = self.spark.read.text(unquote(file)).select("value", "_metadata.file_block_start")
        blocks = text.mapInPandas(count, "file_block_start long, lines long, first long").collect()
        before = 0
        for block in sorted(blocks, key=lambda row: row.file_block_start):
            if block.first >= 0:
                return before + block.first + 1
            before += block.lines
        raise LookupError(f"{file} no longer has the row: it has changed")


def open_source(
    spark: SparkSession, paths: list[str], format: str | None, partitions: int | None, label: str | None
) -> Source:
    """Opens files. How they are split does not depend on how many executors there are."""
    kind = format or _format_of(paths)
    # Spark's default is the number of cores, and the bits would depend on it.
    spark.conf.set("spark.sql.files.minPartitionNum", str(partitions or 1))
    spark.conf.set("spark.sql.files.openCostInBytes", "0" if partitions else "4194304")
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    spark.conf.set("spark.sql.shuffle.partitions", "8")
    if kind == "parquet":
        table = spark.read.parquet(*paths)
        header = ",".join(_quoted(name) for name in _columns(table.columns, label))
        return Source(spark, tuple(paths), kind, _parquet_lines(table, header, None), header)
    text = spark.read.text(list(paths))
    header = None
    if kind == "csv":
        first = text.head()
        if first is not None and not any(_is_number(cell) for cell in first.value.split(",")):
            header = first.value
            text = text.where(F.col("value") != header)
    return Source(spark, tuple(paths), kind, text, header)


def shuffled(rows: DataFrame, partitions: int, seed: int) -> DataFrame:
    """Rows in an order that follows from the seed and their text alone, not from files or executors."""
    key = F.xxhash64(F.lit(seed), F.col("value"))
    return (
        rows.withColumn("key", key).repartition(partitions, "key").sortWithinPartitions("key", "value").select("value")
    )


def _format_of(paths: list[str]) -> str:
    endings = {re.sub(r"\.(gz|bz2|zst|snappy)$", "", path).rsplit(".", 1)[-1].lower() for path in paths}
    known = {"csv": "csv", "tsv": "csv", "parquet": "parquet", "svm": "libsvm", "libsvm": "libsvm", "txt": "libsvm"}
    kinds = {known.get(ending) for ending in endings}
    if len(kinds) == 1 and None not in kinds:
        return str(kinds.pop())
    raise Problem(f"--data {' '.join(paths)}: what the files are is not clear. Give --format libsvm, csv or parquet.")


def _parquet_lines(table: DataFrame, header: str, place: str | None) -> DataFrame:
    names = [name.strip('"').replace('""', '"') for name in re.findall(r'"(?:[^"]|"")*"|[^,]+', header)]
    wrong = [name for name, kind in table.dtypes if name in names and not _is_plain(kind)]
    if wrong:
        raise Problem(
            f"Column {wrong[0]} is not one of numbers or text: write sparse vectors with Spark's format libsvm."
        )
    cells = F.to_csv(F.struct(*[_cell(name) for name in names]))
    value = cells.alias("value")
    if place is None:
        return table.select(value)
    return table.select(value, "_metadata.file_path", f"_metadata.{place}")


def _cell(name: str) -> Column:
    return F.col(f"`{name}`").cast("string").alias(name)


def _is_plain(kind: str) -> bool:
    return re.match(r"(tinyint|smallint|int|bigint|float|double|decimal|string)", kind) is not None


def _columns(names: list[str], label: str | None) -> list[str]:
    """The label comes first, where asgd-train expects it."""
    first = label or names[0]
    if first not in names:
        raise Problem(f"There is no column {first} (--label): found {', '.join(names[:12])}.")
    return [first, *[name for name in names if name != first]]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _path(uri: str) -> str:
    parsed = urlparse(uri)
    return unquote(parsed.path) if parsed.scheme == "file" else unquote(uri)
