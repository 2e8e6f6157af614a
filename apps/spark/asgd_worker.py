"""What runs in the tasks: asgd-train on the rows of a partition, and on parts of a model to merge.

Executors get this file alone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

# The exit statuses of asgd-train that a second try would not change: see apps/train/PARTIAL.md.
REFUSED = {64, 65}

# How many parts are merged at a time, here as in asgd-train --merge.
WIDTH = 8


class Record(NamedTuple):
    """What a task hands on: a part or an evaluation as a line of JSON, or why it was refused."""

    # The partition that it comes from, or the place in the tree of merges.
    index: int
    kind: str  # "result" or "refused"
    text: str
    # Bytes of all lines that were sent from task to task for it, its own among them.
    sent: int
    # The partition that was refused.
    partition: int


class WorkerFailed(RuntimeError):
    """asgd-train ended in a way that may not happen again: Spark tries the task again."""


class Refused(Exception):
    """asgd-train refused its options, its model or a row: it would again."""


class Job(NamedTuple):
    """What asgd-train does with the rows of a partition."""

    # How it is started.
    program: tuple[str, ...]
    options: tuple[str, ...]
    # The line before the rows of CSV that names its columns.
    header: str | None = None


def run(command: Iterable[str], lines: Iterable[str], model: str | None = None) -> str:
    """Runs a program on lines. Returns what it prints, which it does after the last line."""
    with tempfile.TemporaryDirectory(prefix="asgd-spark-") as folder:
        arguments = list(command)
        if model is not None:
            path = os.path.join(folder, "model.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(model)
            arguments += ["--model", path]
        with open(os.path.join(folder, "stderr"), "w+b") as errors:
            try:
                process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
            except OSError as error:
                raise WorkerFailed(f"{arguments[0]} cannot be started on {socket.gethostname()}: {error}") from error
            output = feed(process, lines)
            errors.seek(0)
            message = errors.read().decode("utf-8", "replace").strip()
    if process.returncode in REFUSED:
        raise Refused(message)
    if process.returncode != 0:
        raise WorkerFailed(
            f"{arguments[0]} ended with status {process.returncode} on {socket.gethostname()}: {message[-2000:]}"
        )
    return output


def feed(process: subprocess.Popen[bytes], lines: Iterable[str]) -> str:
    """Writes lines to a program and reads what it prints. If the lines fail, it must not take what it got for all."""
    assert process.stdin is not None and process.stdout is not None
    try:
        took_all = all(write(process.stdin, block) for block in blocks(lines)) and close(process.stdin)
        output = process.stdout.read().decode("utf-8").strip()
        if process.wait() == 0 and not took_all:
            raise WorkerFailed(f"it ended on {socket.gethostname()} before it had read all rows")
        return output
    except BaseException:
        process.kill()
        raise
    finally:
        process.stdout.close()
        close(process.stdin)
        process.wait()


def write(pipe: IO[bytes], block: bytes) -> bool:
    """Whether it was taken: a program that has ended takes no more, and its status says why it has."""
    try:
        pipe.write(block)
    except BrokenPipeError:
        return False
    return True


def close(pipe: IO[bytes]) -> bool:
    """Likewise, for what was still in a buffer."""
    try:
        pipe.close()
    except BrokenPipeError:
        return False
    return True


def blocks(lines: Iterable[str], size: int = 1 << 16) -> Iterator[bytes]:
    """The bytes of lines, some at a time."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line) + 1
        if length >= size:
            yield ("\n".join(waiting) + "\n").encode("utf-8")
            waiting, length = [], 0
    if waiting:
        yield ("\n".join(waiting) + "\n").encode("utf-8")


def with_header(header: str, lines: Iterable[str]) -> Iterator[str]:
    """No header where there are no rows."""
    first = True
    for line in lines:
        if first:
            yield header
            first = False
        yield line


def on_rows(job: Job, model: str | None, index: int, lines: Iterable[str]) -> list[Record]:
    """What asgd-train makes of the rows of a partition: a record, or none if there are no rows."""
    rows = lines if job.header is None else with_header(job.header, lines)
    return record_of(index, index, 0, lambda: run((*job.program, *job.options), rows, model))


def merge(program: tuple[str, ...], index: int, records: Iterable[Record]) -> list[Record]:
    """Merges parts in the order of their index. What was refused is passed on in their place: the first of it."""
    ordered = sorted(records)
    refused = [record for record in ordered if record.kind == "refused"]
    if refused:
        return [min(refused, key=lambda record: record.partition)._replace(index=index)]
    sent = sum(record.sent for record in ordered)
    if len(ordered) == 1:
        return [ordered[0]._replace(index=index)]
    return record_of(index, index, sent, lambda: run((*program, "--merge"), [record.text for record in ordered]))


def record_of(index: int, partition: int, sent: int, work: Callable[[], str]) -> list[Record]:
    try:
        text = work()
    except Refused as refusal:
        return [Record(index, "refused", str(refusal), 0, partition)]
    return [Record(index, "result", text, sent + len(text), partition)] if text else []
