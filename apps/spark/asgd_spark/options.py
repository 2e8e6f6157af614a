"""The command line."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass

# Options that asgd-train --partial takes as they are.
TRAINING = ("loss", "epsilon", "lr", "lambd", "alpha", "t0", "weight_decay", "batch", "intercept_step")
# Options of how asgd-train reads CSV.
READING = ("label", "ignore", "missing")


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: tuple[str, ...]
    test: tuple[str, ...]
    format: str | None
    partitions: int | None
    shuffle: int | None
    held_out: float
    features: int | None
    classes: str | None
    training: dict[str, str]
    reading: dict[str, str]
    rounds: int
    save: str | None
    checkpoints: str | None
    resume: bool
    worker: tuple[str, ...]
    remote: str | None


def parse(arguments: list[str]) -> Options:
    """Prints what is wrong and ends the program if something is."""
    parser = argparse.ArgumentParser(
        "train.py",
        description="Trains a linear model by averaged SGD on Apache Spark, in rounds: each partition trains on its "
        "rows from the same start, and what they learned is merged.",
        epilog="All other options are those of asgd-train --partial, on every executor and here: see --worker.",
    )
    data = parser.add_argument_group("data")
    data.add_argument("--data", nargs="+", required=True, metavar="FILE", help="LIBSVM, CSV or Parquet, by glob")
    data.add_argument("--test", nargs="+", default=[], metavar="FILE", help="instead of --held-out")
    data.add_argument("--held-out", type=_share, default=0.1, metavar="SHARE", help="rows set aside (default: 0.1)")
    data.add_argument("--format", choices=["libsvm", "csv", "parquet"], help="default: by the name of the files")
    data.add_argument("--partitions", type=_count, metavar="N", help="about so many (default: one each 128 MB)")
    data.add_argument("--shuffle", type=_whole, metavar="SEED", help="take rows in an order that follows from the seed")
    data.add_argument("--label", metavar="COLUMN", help="CSV, Parquet: by name (default: the first)")
    data.add_argument("--ignore", metavar="COLUMNS", help="CSV: columns to leave out")
    data.add_argument("--missing", choices=["error", "zero"], help="CSV, Parquet: what to do where there is no value")
    model = parser.add_argument_group("model and training")
    model.add_argument("--features", type=_count, metavar="N", help="LIBSVM (default: the largest index in --data)")
    model.add_argument("--classes", metavar="NAMES", help="separated by commas (default: those in --data)")
    model.add_argument(
        "--loss", default="log", help="log (default), hinge, squared-hinge, modified-huber, softmax, squared, huber"
    )
    model.add_argument("--lr", default="auto", metavar="X", help="default: auto, from the first 1000 rows")
    for name in ("epsilon", "lambd", "alpha", "t0", "weight-decay", "batch", "intercept-step"):
        model.add_argument(f"--{name}", metavar="X")
    model.add_argument("--rounds", type=_count, default=10, metavar="N", help="default: 10; 1 is one-shot averaging")
    results = parser.add_argument_group("results")
    results.add_argument("--save", metavar="FILE", help="the model, for fromJSON of @asgd/linear and for asgd-train")
    results.add_argument("--checkpoints", metavar="FOLDER", help="where each round is saved (default: SAVE.rounds)")
    results.add_argument("--resume", action="store_true", help="go on from the last round in the folder")
    cluster = parser.add_argument_group("cluster")
    cluster.add_argument("--worker", default="asgd-train", metavar="COMMAND", help="default: asgd-train")
    cluster.add_argument("--remote", metavar="sc://HOST", help="a server of Spark Connect")
    found = vars(parser.parse_args(arguments))
    if found["resume"] and not (found["save"] or found["checkpoints"]):
        parser.error("--resume needs --save or --checkpoints: where the rounds are")
    if found["shuffle"] is not None and found["partitions"] is None:
        parser.error("--shuffle needs --partitions: into how many the rows are shuffled")
    given = {name: str(value) for name, value in found.items() if value is not None}
    return Options(
        data=tuple(found["data"]),
        test=tuple(found["test"]),
        format=found["format"],
        partitions=found["partitions"],
        shuffle=found["shuffle"],
        held_out=0.0 if found["test"] else found["held_out"],
        features=found["features"],
        classes=found["classes"],
        training={name: given[name] for name in TRAINING if name in given},
        reading={name: given[name] for name in READING if name in given},
        rounds=found["rounds"],
        save=found["save"],
        checkpoints=found["checkpoints"] or (f"{found['save']}.rounds" if found["save"] else None),
        resume=found["resume"],
        worker=tuple(shlex.split(found["worker"])),
        remote=found["remote"],
    )


def flags(values: dict[str, str]) -> tuple[str, ...]:
    """As asgd-train takes them: a value may begin with a minus."""
    return tuple(f"--{name.replace('_', '-')}={value}" for name, value in values.items())


def _share(text: str) -> float:
    value = float(text)
    if 0 <= value < 1:
        return value
    raise argparse.ArgumentTypeError(f"found {text}, expected a number from 0, below 1")


def _count(text: str) -> int:
    return _number(text, 1)


def _whole(text: str) -> int:
    return _number(text, 0)


def _number(text: str, least: int) -> int:
    if text.isascii() and text.isdigit() and least <= int(text) < 2**31:
        return int(text)
    raise argparse.ArgumentTypeError(f"found {text}, expected a whole number from {least}")
