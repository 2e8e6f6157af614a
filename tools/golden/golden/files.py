"""The files as they are committed: the vectors and the manifest that describes them."""

import json
import platform
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from .comparison import RULE, ULP_PER_STEP
from .departures import departures
from .derivative_comparison import OPTION_ULP_PER_STEP, TENSOR_ULP_PER_STEP
from .derivative_comparison import RULE as DERIVATIVE_RULE
from .dtypes import DTYPES
from .encoding import vector_file
from .plan import SEED
from .tensor_comparison import RULE as TENSOR_RULE
from .traces import Recorded
from .values_traces import SUBNORMAL_TRACES

MANIFEST = "manifest.json"
LARGEST_FILE = 900_000


@dataclass(frozen=True)
class Mismatch:
    file: str
    problem: str


@dataclass(frozen=True)
class Measured:
    """What verification found, to be told beside the bounds."""

    on_tensors: dict[str, float]
    derivatives: dict[str, float]


def made_files(recorded: Recorded, measured: Measured) -> dict[str, bytes]:
    """Every file's bytes, by name."""
    files = {
        f"{name}.json": vector_file(DTYPES.get(name), its_traces)
        for name, its_traces in recorded.forward.items()
    }
    for name, content in files.items():
        if len(content) > LARGEST_FILE:
            raise ValueError(f"{name} has {len(content)} bytes, above {LARGEST_FILE}. Plan smaller tensors.")
    return {**files, MANIFEST: _manifest(recorded, measured, files)}


def _manifest(recorded: Recorded, measured: Measured, files: dict[str, bytes]) -> bytes:
    manifest = {
        "schema": 1,
        "generator": {
            "command": "cd tools/golden && python -m golden",
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
            "python": platform.python_version(),
            "kernels": torch.backends.cpu.get_cpu_capability().lower(),
            "foreach": False,
            "seed": SEED,
        },
        "tolerance": {
            "rule": RULE,
            # By the backend's declared `contraction`.
            "ulpPerStep": ULP_PER_STEP,
            "onTensors": {"rule": TENSOR_RULE, "measured": measured.on_tensors},
            "derivatives": {
                "rule": DERIVATIVE_RULE,
                "tensorUlpPerStep": TENSOR_ULP_PER_STEP,
                "optionUlpPerStep": OPTION_ULP_PER_STEP,
                "measured": measured.derivatives,
            },
        },
        # What PyTorch does otherwise than SPEC.md in what these files hold.
        "departures": departures(),
        # Not for a backend that declares `subnormals: 'flush'`.
        "subnormalTraces": SUBNORMAL_TRACES,
        "files": [
            {
                "name": f"{name}.json",
                **({"dtype": name} if name in DTYPES else {}),
                "traces": len(its_traces),
                "steps": sum(len(trace["steps"]) for trace in its_traces),
                "bytes": len(files[f"{name}.json"]),
                "sha256": sha256(files[f"{name}.json"]).hexdigest(),
            }
            for name, its_traces in recorded.forward.items()
        ],
    }
    return (json.dumps(manifest, indent=2) + "\n").encode("ascii")


def write_files(files: dict[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def mismatches(files: dict[str, bytes], folder: Path) -> list[Mismatch]:
    """What in the folder is not as it would be made now."""
    found = []
    for name, content in files.items():
        path = folder / name
        if not path.is_file():
            found.append(Mismatch(name, "is missing"))
        elif _comparable(name, path.read_bytes()) != _comparable(name, content):
            found.append(Mismatch(name, "is not what this program makes now"))
    expected = set(files)
    found += [
        Mismatch(p.name, "is not made by this program")
        for p in folder.glob("*.json")
        if p.name not in expected
    ]
    return found


def _comparable(name: str, content: bytes) -> object:
    """The Python that ran plays no part in the values, so another patch release of it is no mismatch."""
    if name != MANIFEST:
        return content
    try:
        manifest = json.loads(content)
        del manifest["generator"]["python"]
    except (ValueError, KeyError, TypeError):
        return content
    return manifest
