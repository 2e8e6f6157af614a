"""A file for each round: what is needed to go on from it."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from typing import Any

from .problem import Problem

_FORMAT = "asgd-spark-checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """The end of a round."""

    round: int
    # What must be the same when it is resumed.
    settings: dict[str, Any]
    history: list[dict[str, Any]]
    # The merged part, as asgd-train prints it.
    part: str


def write(folder: str, checkpoint: Checkpoint) -> None:
    """Never half of it: it has a temporary name until it is on the disk."""
    os.makedirs(folder, exist_ok=True)
    content = {
        "format": _FORMAT,
        "version": 1,
        "round": checkpoint.round,
        "settings": checkpoint.settings,
        "history": checkpoint.history,
        "part": json.loads(checkpoint.part),
    }
    replace(os.path.join(folder, f"round-{checkpoint.round:05d}.json"), json.dumps(content))


def replace(path: str, text: str) -> None:
    """Writes a file, or leaves the old one as it was."""
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def last(folder: str) -> Checkpoint | None:
    """The last round in a folder; `None` if there is none."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    rounds = sorted(name for name in names if re.fullmatch(r"round-\d{5,}\.json", name))
    if not rounds:
        return None
    path = os.path.join(folder, rounds[-1])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        content = json.loads(text)
        if content["format"] != _FORMAT or content["version"] != 1:
            raise ValueError("its format is another")
        return Checkpoint(
            content["round"],
            content["settings"],
            content["history"],
            json.dumps(content["part"], separators=(",", ":"), ensure_ascii=False),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path} is not a checkpoint ({error}): delete it to resume from the round before.") from error
