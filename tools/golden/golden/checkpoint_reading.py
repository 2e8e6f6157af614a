"""Reads what @asgd/torch wrote (its tests keep those files up to date), with PyTorch and with safetensors."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from .checkpoint_training import CUT, STEPS, follow, resume, snapshot
from .verification import VerificationError

Load = Callable[[str], dict]


def read_written(folder: Path, load: Load) -> None:
    """`load` gives one of PyTorch's own files."""
    for name in ("dtypes", "strided", "sharing", "halves"):
        _require_same(f"{name}.pt", _read(folder / f"{name}.pt"), _contiguous(load(f"{name}.pt")))
    _require_sharing(_read(folder / "sharing.pt"))
    _require_same("objects.pt", _read(folder / "objects.pt"), _as_written(load("objects-protocol2.pt")))
    _require_versions(_read(folder / "versioned.pt"), load("versioned.pt"))
    _require_same("wrapped.pt", _read(folder / "wrapped.pt"), load("wrapped.pt"))
    _read_safetensors(folder, load)
    for dtype in ("float32", "float64", "complex64", "complex128"):
        _continue_training(folder, dtype, load)
    _continue_fine_tuning(folder, load)
    print(f"  read     {folder}: PyTorch reads every file exactly, with and without mmap, and trains on.")


def _read(path: Path) -> dict:
    """As most people load: safely, and twice."""
    if not path.is_file():
        raise VerificationError(f"{path} is missing: run `npm run generate` in packages/torch.")
    mapped = _without_cycle(torch.load(path, weights_only=True, mmap=True))
    loaded = _without_cycle(torch.load(path, weights_only=True))
    _require_same(f"{path.name}, mapped", mapped, loaded)
    return loaded


def _without_cycle(content: dict) -> dict:
    """Checks the list that holds itself, if there is one, and leaves it out: comparing it would never end."""
    again = content.pop("cycle", None)
    if again is not None and not (again[0] == "itself" and again[1] is again):
        raise VerificationError(f"The list that should hold itself is {again}.")
    return content


def _require_same(where: str, found: object, expected: object) -> None:
    """Equal in every bit and every type; a NaN equals itself."""
    if isinstance(expected, torch.Tensor):
        same = isinstance(found, torch.Tensor) and found.dtype == expected.dtype and found.shape == expected.shape
        if not same or not torch.equal(_bits(found), _bits(expected)):
            raise VerificationError(f"{where} is {found}, expected {expected}.")
    elif isinstance(expected, dict):
        if not isinstance(found, dict) or found.keys() != expected.keys():
            raise VerificationError(f"{where} has {list(found)}, expected {list(expected)}.")
        for key, value in expected.items():
            _require_same(f"{where}, {key!r}", found[key], value)
    elif isinstance(expected, list | tuple):
        if type(found) is not type(expected) or len(found) != len(expected):
            raise VerificationError(f"{where} is {found!r}, expected {expected!r}.")
        for index, value in enumerate(expected):
            _require_same(f"{where}[{index}]", found[index], value)
    elif isinstance(expected, float) and isinstance(found, float | int):
        # Without a fraction a number is written as an integer, except -0.
        same = found == expected and math.copysign(1, found) == math.copysign(1, expected)
        if not same and not (math.isnan(found) and math.isnan(expected)):
            raise VerificationError(f"{where} is {found!r}, expected {expected!r}.")
    elif type(found) is not type(expected) or found != expected:
        raise VerificationError(f"{where} is {found!r}, expected {expected!r}.")


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    plain = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return plain.view(torch.uint8) if plain.numel() else plain


def _contiguous(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.resolve_conj().resolve_neg().contiguous() for name, tensor in tensors.items()}


def _require_sharing(tensors: dict[str, torch.Tensor]) -> None:
    def pointer(name: str) -> int:
        return tensors[name].untyped_storage().data_ptr()

    together = [("base", "view"), ("base", "middle"), ("encoder.weight", "decoder.weight"), ("half", "end of half")]
    for first, second in together:
        if pointer(first) != pointer(second):
            raise VerificationError(f"'{first}' and '{second}' of sharing.pt no longer share their storage.")
    if pointer("base") == pointer("apart"):
        raise VerificationError("'base' and 'apart' of sharing.pt share a storage.")


def _as_written(objects: dict) -> dict:
    """What is different when it comes back: JavaScript has one kind of set, of bytes and of tuples."""
    return {
        **_without_cycle(objects),
        "frozenset": set(objects["frozenset"]),
        "bytearray": bytes(objects["bytearray"]),
        "size": tuple(objects["size"]),
        "ordered": dict(objects["ordered"]),
    }


def _require_versions(found: dict, expected: dict) -> None:
    _require_same("versioned.pt", found, expected)
    if dict(found._metadata) != dict(expected._metadata):
        raise VerificationError(f"The _metadata of versioned.pt is {found._metadata}, expected {expected._metadata}.")
    model = torch.nn.Sequential()
    model.add_module("fc", torch.nn.Linear(2, 3))
    model.add_module("bn", torch.nn.BatchNorm1d(3))
    model.load_state_dict(found, strict=True)


def _read_safetensors(folder: Path, load: Load) -> None:
    expected = {name: t for name, t in _contiguous(load("dtypes.pt")).items() if name != "complex128"}
    found = load_file(folder / "dtypes.safetensors")
    _require_same("dtypes.safetensors", {name: found[name] for name in expected}, expected)
    with safe_open(folder / "dtypes.safetensors", framework="pt") as file:
        if file.metadata() != {"note": "written by @asgd/torch"}:
            raise VerificationError(f"The metadata of dtypes.safetensors is {file.metadata()}.")
    # The documented way back from a structure, for what an optimizer's state dictionary needs of it.
    middle = load("training-float32-middle.pt")
    with safe_open(folder / "training.safetensors", framework="pt") as file:
        structure = json.loads(file.metadata()["asgd.structure"])
        restored = restore(structure, file.get_tensor)
    _require_same("training.safetensors", restored, middle)


def restore(node: object, tensor: Callable[[str], torch.Tensor]) -> object:
    """The README of @asgd/torch describes the form."""
    if isinstance(node, list):
        return [restore(item, tensor) for item in node]
    if not isinstance(node, dict):
        return node
    kind = node.get("$")
    if kind is None:
        return {key: restore(value, tensor) for key, value in node.items()}
    if kind == "tensor":
        return tensor(node["name"])
    if kind == "dict":
        return {restore(key, tensor): restore(value, tensor) for key, value in node["items"]}
    if kind == "tuple":
        return tuple(restore(item, tensor) for item in node["items"])
    if kind == "set":
        return {restore(item, tensor) for item in node["items"]}
    if kind == "complex":
        return complex(*(restore(part, tensor) for part in node["value"]))
    makers = {"float": float, "int": int, "bytes": bytes, "dtype": lambda name: getattr(torch, name)}
    return makers[kind](node["value"])


def _continue_training(folder: Path, dtype: str, load: Load) -> None:
    """50 steps here, and 50 in JavaScript before: PyTorch's own 100, bit for bit."""
    name = f"training-{dtype}"
    written = _read(folder / f"{name}-middle.pt")
    _require_same(f"{name}-middle.pt", written, load(f"{name}-middle.pt"))
    model, optimizer = resume(written)
    follow(model, optimizer, load(f"{name}-start.pt")["targets"], CUT, STEPS)
    _require_same(f"{name}, continued", snapshot(model, optimizer), load(f"{name}-end.pt"))
    # What JavaScript made of PyTorch's first 50.
    _require_same(f"{name}-end.pt", _read(folder / f"{name}-end.pt"), load(f"{name}-end.pt"))


def _continue_fine_tuning(folder: Path, load: Load) -> None:
    """What the README's example made loads where it came from, is nearer to its target, and trains on."""
    before, after = load("fine-tuning.pt"), _read(folder / "fine-tuned.pt")
    inputs = torch.randn(64, 2, generator=torch.Generator().manual_seed(1))

    def error(checkpoint: dict) -> float:
        model = torch.nn.Linear(2, 1)
        model.load_state_dict(checkpoint["model"])
        return torch.nn.functional.mse_loss(model(inputs), inputs @ torch.tensor([[3.0], [-1.0]])).item()

    if not error(after) < error(before) / 100:
        raise VerificationError(f"Fine-tuning took the error from {error(before)} to {error(after)} only.")
    model = torch.nn.Linear(2, 1)
    model.load_state_dict(after["model"])
    optimizer = torch.optim.ASGD(model.parameters())
    optimizer.load_state_dict(after["optimizer"])
    steps = [state["step"].item() for state in optimizer.state.values()]
    if len(steps) != 2 or steps[0] <= 50:
        raise VerificationError(f"The optimizer of fine-tuned.pt has made {steps} steps.")
    model(inputs).sum().backward()
    optimizer.step()
