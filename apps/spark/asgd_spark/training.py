"""Rounds: what is merged of one is where the next begins."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import asgd_worker
from asgd_worker import Job, Record, Refused

from . import checkpoint
from .checkpoint import Checkpoint
from .options import Options, flags
from .partitions import Partitions, partitions_of, row_text, send_worker
from .problem import Problem
from .source import Source, open_source, shuffled

# Rows whose lengths the learning rate follows from.
SAMPLE = 1000
# Losses that predict numbers.
REGRESSIONS = ("squared", "huber")


def train(spark: SparkSession, options: Options, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Trains, and returns what is known of each round."""
    send_worker(spark)
    source = open_source(spark, list(options.data), options.format, options.partitions, options.reading.get("label"))
    rows, aside = source.split(options.held_out)
    if options.shuffle is not None:
        rows = shuffled(rows, options.partitions or 1, options.shuffle)
    tested = _opened(options, spark, source) if options.test else source
    training = partitions_of(rows, None if options.shuffle is None else options.partitions)
    held_out = partitions_of(tested.rows if options.test else aside)

    before = _resumed(options, source, training)
    if before is not None:
        settings, history, part = before.settings, list(before.history), before.part
        say(f"resumed after round {before.round}")
    else:
        settings, history, part = _settings(options, source, training, rows), [], None
    model = flags(settings["model"])
    reading = ("--format", "libsvm" if source.format == "libsvm" else "csv", *_reading(options, source))
    say(_heading(options, source, training, settings))
    say(_columns(options))
    for number in range(len(history) + 1, options.rounds + 1):
        began = time.monotonic()
        # A part has its options: only the first round needs them.
        job = Job(options.worker, ("--partial", *reading, *(model if part is None else ())), source.header)
        merged = training.merged(job, part)
        if merged is None:
            raise Problem(f"{' '.join(options.data)}: there are no rows to train on.")
        part = _text(merged, source, rows)
        record = {"round": number, "steps": json.loads(part)["model"]["step"]}
        trained = time.monotonic() - began
        job = Job(options.worker, ("--evaluate", *reading), tested.header)
        record |= _evaluate(held_out, job, part, tested, options.training["loss"])
        record |= {"sent": merged.sent, "model": len(part), "seconds": trained}
        history.append(record)
        if options.checkpoints:
            checkpoint.write(options.checkpoints, Checkpoint(number, settings, history, part))
        say(_line(record))
    if part is not None and options.save:
        checkpoint.replace(options.save, json.dumps(json.loads(part)["model"], separators=(",", ":")))
        say(f"Written: model {options.save}")
    return history


def _opened(options: Options, spark: SparkSession, source: Source) -> Source:
    return open_source(spark, list(options.test), source.format, options.partitions, options.reading.get("label"))


def _reading(options: Options, source: Source) -> tuple[str, ...]:
    if source.format == "libsvm":
        return ()
    # The label of Parquet comes first.
    given = {k: v for k, v in options.reading.items() if not (k == "label" and source.format == "parquet")}
    return flags(given)


def _resumed(options: Options, source: Source, training: Partitions) -> Checkpoint | None:
    if options.checkpoints is None:
        return None
    found = checkpoint.last(options.checkpoints)
    if not options.resume:
        if found is not None:
            raise Problem(
                f"{options.checkpoints} has rounds of an earlier run: give --resume to go on from round {found.round}, "
                "another --checkpoints, or delete the folder."
            )
        return None
    if found is None:
        return None
    for name, value in _identity(options, source, training).items():
        if found.settings[name] != value:
            raise Problem(
                f"{options.checkpoints} is of a run whose {name} was {found.settings[name]}, found {value}: "
                "expected the same."
            )
    if found.round > options.rounds:
        raise Problem(f"{options.checkpoints} has {found.round} rounds, expected at most --rounds {options.rounds}.")
    return found


def _identity(options: Options, source: Source, training: Partitions) -> dict[str, Any]:
    """What the bits follow from, beside the rows themselves and the model's options."""
    return {
        "files": source.files(),
        "partitions": training.count,
        "shuffle": options.shuffle,
        "held_out": options.held_out,
        "reading": options.reading,
        "given": options.training,
    }


def _settings(options: Options, source: Source, training: Partitions, rows: DataFrame) -> dict[str, Any]:
    """What all parts are trained with: what is not given follows from the data."""
    model = dict(options.training)
    if source.format == "libsvm":
        model["features"] = str(options.features or _largest_index(source.rows))
    if options.training["loss"] not in REGRESSIONS:
        model["classes"] = options.classes or _classes(source, options)
    if model["lr"] == "auto":
        model["lr"] = _learning_rate(options, source, rows, model)
    return {**_identity(options, source, training), "model": model}


def _largest_index(rows: DataFrame) -> int:
    index = F.regexp_extract("value", r"(\d+):[^\s:]*\s*(?:#.*)?$", 1)
    found = rows.select(F.max(F.when(index != "", index.cast("long")))).head()
    if found is None or found[0] is None:
        raise Problem("The rows have no features: give --features with how many there are.")
    return int(found[0])


def _classes(source: Source, options: Options) -> str:
    if source.format == "csv":
        raise Problem("CSV needs --classes with all classes, separated by commas: --classes ham,spam")
    pattern = r"^\s*(\S+)" if source.format == "libsvm" else r'^"?((?:[^",]|"")*)'
    label = F.regexp_extract("value", pattern, 1)
    labels = [row[0] for row in source.rows.select(label.alias("label")).distinct().limit(1001).collect()]
    names = sorted({_canonical(text) for text in labels if text and not text.startswith("#")})
    if not 2 <= len(names) <= 1000:
        raise Problem(f"Found {len(names)} different labels, expected 2 to 1000: --loss squared predicts numbers.")
    return ",".join(names)


def _canonical(text: str) -> str:
    """`+1` and `1.0` are `1`."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def _learning_rate(options: Options, source: Source, rows: DataFrame, model: dict[str, str]) -> str:
    """By the lengths of the first rows. asgd-train finds it, here."""
    texts = [row.value for row in rows.limit(SAMPLE).collect()]
    if not texts:
        raise Problem(f"{' '.join(options.data)}: there are no rows to train on.")
    kind = "libsvm" if source.format == "libsvm" else "csv"
    arguments = ("--partial", "--format", kind, *_reading(options, source), *flags(model))
    lines = texts if source.header is None else [source.header, *texts]
    try:
        part = asgd_worker.run((*options.worker, *arguments), lines)
    except Refused as refusal:
        raise Problem(_blamed(str(refusal), source, lambda row: texts[row - 1])) from refusal
    return repr(json.loads(part)["model"]["lr"])


def _text(record: Record, source: Source, rows: DataFrame) -> str:
    """The line, unless it was refused: then the file and the line of the row are looked for."""
    if record.kind == "result":
        return record.text
    message = _blamed(record.text, source, lambda row: row_text(rows, record.partition, row))
    raise Problem(f"{message} (partition {record.partition})")


def _blamed(message: str, source: Source, text_of: Callable[[int], str | None]) -> str:
    """The message with a file and a line in place of those of a task's standard input."""
    found = re.match(r"(?:asgd-train: )?standard input:(\d+):(\d+): ([^\n]*)", message)
    if found is None:
        return message
    line, column, problem = int(found[1]), found[2], found[3]
    text = text_of(line - (0 if source.header is None else 1))
    place = None if text is None else source.place(text)
    return message if place is None else f"{place}:{column}: {problem}"


def _evaluate(held_out: Partitions, job: Job, part: str, tested: Source, loss: str) -> dict[str, Any]:
    """The mean loss, and the share of errors or the RMSE, of the last iterate and of the average."""
    sums = [json.loads(_text(record, tested, held_out.rows)) for record in held_out.each(job, part)]
    rows = sum(found["rows"] for found in sums)
    found: dict[str, Any] = {"held_out": rows}
    for model in ("iterate", "average"):
        for of in ("loss", "error"):
            mean = math.fsum(each[model][of] for each in sums) / rows if rows else None
            is_squared = of == "error" and loss in REGRESSIONS and mean is not None
            found[f"{of}_{model}"] = math.sqrt(mean) if is_squared else mean
    return found


def _heading(options: Options, source: Source, training: Partitions, settings: dict[str, Any]) -> str:
    order = "in the order of the files" if options.shuffle is None else f"shuffled with seed {options.shuffle}"
    files = settings["files"]
    chosen = " ".join(flags(settings["model"]))
    return f"{len(files)} files of {source.format}, {training.count} partitions, {order}; {chosen}"


def _columns(options: Options) -> str:
    error = "RMSE" if options.training["loss"] in REGRESSIONS else "error"
    return f"round      steps  held-out {error}: last   average  loss: last   average   MB sent    time"


def _line(record: dict[str, Any]) -> str:
    def number(name: str) -> str:
        value = record[name]
        return "        –" if value is None else f"{value:9.5f}"

    return (
        f"{record['round']:5d} {record['steps']:10d}      {number('error_iterate')}      {number('error_average')}  "
        f"{number('loss_iterate')} {number('loss_average')} {record['sent'] / 1e6:9.2f} {record['seconds']:6.1f} s"
    )
