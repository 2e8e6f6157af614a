"""Checkpoints as PyTorch and safetensors write them, for the tests of @asgd/torch."""

import copy
import io
import tempfile
import zipfile
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_safetensors

from .recording import CAPTURABLE_ON_CPU

Tensors = dict[str, torch.Tensor]

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8)
WIDE_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
COMPLEX = (torch.complex64, torch.complex128)


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def saved(value: object, **options: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


# Tensors, whose values the tests compare with those that the manifest has.


def every_dtype() -> Tensors:
    inf, nan = float("inf"), float("nan")
    tensors = {}
    for dtype in FLOATS:
        limits = torch.finfo(dtype)
        values = [0.0, -0.0, 1, -1.5, 1 / 3, inf, -inf, nan, limits.max, limits.tiny, limits.smallest_normal]
        smallest = limits.smallest_normal * limits.eps
        tensors[name_of(dtype)] = torch.tensor([*values, smallest, -smallest], dtype=torch.float64).to(dtype)
    for dtype in COMPLEX:
        tensors[name_of(dtype)] = torch.tensor([[1 + 2j, complex(-0.0, inf)], [complex(nan, -0.0), 0.1j]]).to(dtype)
    for dtype in INTEGERS:
        limits = torch.iinfo(dtype)
        tensors[name_of(dtype)] = torch.tensor([[limits.min, 0, 1], [2, 100, limits.max]], dtype=dtype)
    for dtype in WIDE_UNSIGNED:
        highest = np.iinfo(name_of(dtype)).max
        tensors[name_of(dtype)] = torch.from_numpy(np.array([0, 1, highest - 1, highest], dtype=name_of(dtype)))
    tensors["bool"] = torch.tensor([True, False, False, True])
    return tensors


def strided() -> Tensors:
    matrix = torch.arange(12.0).reshape(3, 4)
    image = torch.arange(2 * 3 * 4 * 5, dtype=torch.int32).reshape(2, 3, 4, 5)
    pairs = torch.tensor([[1 + 2j, 3 - 4j], [complex(0, -0.0), -5j]])
    return {
        "transposed": matrix.t(),
        "columns": matrix[:, 1:3],
        "every second row": matrix[::2],
        "row": matrix[1],
        "one": matrix[2, 3],
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "expanded from one": torch.tensor(7.0).expand(4),
        "permuted": image.permute(2, 0, 3, 1),
        "channels last": image.to(memory_format=torch.channels_last),
        "diagonal": torch.arange(9.0).reshape(3, 3).diagonal(),
        "unfolded": torch.arange(6.0).unfold(0, 3, 1),
        "conjugate": pairs.conj(),
        "conjugate transpose": pairs.mH,
        "imaginary part": pairs.clone().imag,
        "imaginary part of the conjugate": pairs.clone().conj().imag,
        "negative conjugate": torch._neg_view(pairs.clone().conj()),
        "0-d": torch.tensor(3.5, dtype=torch.float64),
        "empty": torch.empty(0),
        "empty rows": torch.empty(0, 3, dtype=torch.int64),
        "empty columns": torch.empty(2, 0).t(),
        "half, transposed": matrix.half().t(),
        "uint16, every second": torch.from_numpy(np.arange(6, dtype=np.uint16))[::2],
    }


def sharing() -> Tensors:
    base = torch.arange(10.0)
    half = torch.arange(6.0).to(torch.bfloat16)
    embedding = torch.nn.Parameter(torch.arange(6.0).reshape(3, 2))
    return {
        "base": base,
        "view": base.view(2, 5),
        "middle": base[3:7],
        "reversed columns": base.view(2, 5).t(),
        "apart": base.clone(),
        "encoder.weight": embedding,
        "decoder.weight": embedding,
        "half": half,
        "end of half": half[2:],
    }


def halves() -> Tensors:
    """Every float16 and bfloat16, and float32 numbers with what both make of them."""
    random = np.random.default_rng(20130)
    words = random.integers(0, 2**32, 3000, dtype=np.uint64).astype(np.uint32)
    # Halfway between two halves, and next to it, over all exponents.
    ties = (words[:1500] & 0xFFFF0000) | random.choice(np.array([0x8000, 0x7FFF, 0x8001, 0x1000, 0x0FFF, 0x1001, 0x3000, 0], dtype=np.uint32), 1500)
    near = (np.float64(2) ** random.integers(-27, 17, 1500) * random.integers(0, 4097, 1500) / 2048).astype(np.float32)
    values = np.concatenate([words.view(np.float32), ties.view(np.float32), near, -near])
    floats = torch.from_numpy(values[np.isfinite(values)].copy())
    patterns = torch.from_numpy(np.arange(2**16, dtype=np.uint16).view(np.int16).copy())
    return {
        "every float16": patterns.clone().view(torch.float16),
        "every bfloat16": patterns.clone().view(torch.bfloat16),
        "float32": floats,
        "float32 as float16": floats.to(torch.float16),
        "float32 as bfloat16": floats.to(torch.bfloat16),
    }


# Objects, which the tests write out in JavaScript.


def objects() -> dict:
    shared = [1, 2]
    again: list = ["itself"]
    again.append(again)
    return {
        "none": None,
        "flags": [True, False],
        "integers": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**53 - 1, 2**53, -(2**63), 2**70],
        "floats": [0.0, -0.0, 1.5, 1e300, 5e-324, float("inf"), float("-inf"), float("nan")],
        "texts": ["", "weight", "Gewicht, \u00e4\u00f6\u00fc", "\U0001f525", "a\nb", "x" * 300],
        "tuple": (1, (2, 3), ()),
        "list of lists": [[], [[]]],
        "set": {1, 2, 3},
        "frozenset": frozenset([4]),
        "complex": 1 - 2j,
        "bytes": b"\x00\x7f\x80\xff",
        "no bytes": b"",
        "bytearray": bytearray(b"ab"),
        "dtype": torch.bfloat16,
        "size": torch.Size([2, 3]),
        "empty": {},
        "by number": {1: "one", -2: "minus two", 2**60: "large"},
        "by anything": {None: 0, True: 1, 1.5: 2, (1, "a"): 3, "text": 4},
        "ordered": OrderedDict([("z", 1), ("a", 2)]),
        "constructor": {"constructor": 1, "toString": 2, "hasOwnProperty": 3},
        "shared": [shared, shared],
        "cycle": again,
        "long": list(range(2500)),
    }


def versioned() -> dict:
    """A module's state dictionary has the attribute `_metadata`."""
    model = torch.nn.Sequential(OrderedDict(fc=torch.nn.Linear(2, 3), bn=torch.nn.BatchNorm1d(3)))
    _fill(model)
    return model.state_dict()


class _Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = torch.nn.Linear(2, 3)
        self.bn = torch.nn.BatchNorm1d(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.fc(x))


def _fill(model: torch.nn.Module) -> None:
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) + 10.0 * index)


def wrapped() -> dict:
    """One module, plain and wrapped in each of the ways that put something before the names."""
    net = _Net()
    _fill(net)
    with tempfile.TemporaryDirectory() as folder:
        torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=0, world_size=1)
        distributed = torch.nn.parallel.DistributedDataParallel(copy.deepcopy(net))
        averaged = torch.optim.swa_utils.AveragedModel(copy.deepcopy(net))
        for _ in range(3):
            averaged.update_parameters(net)
        averaged_distributed = torch.optim.swa_utils.AveragedModel(distributed)
        wrappers = {
            "plain": net,
            "ddp": distributed,
            "averaged": averaged,
            "averaged ddp": averaged_distributed,
            "compiled": torch.compile(copy.deepcopy(net)),
        }
        states = {name: wrapper.state_dict() for name, wrapper in wrappers.items()}
        torch.distributed.destroy_process_group()
    return states


def optimizers() -> dict:
    """State dictionaries of torch.optim.ASGD, in the variants that it has; and one of another optimizer."""

    def stepped(make: Callable, *, dtype: torch.dtype = torch.float32, steps: int = 4) -> torch.optim.Optimizer:
        parameters = [torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]).to(dtype)), torch.nn.Parameter(torch.tensor([[0.5]]).to(dtype))]
        optimizer = make(parameters)
        for step in range(steps):
            for parameter in parameters:
                parameter.grad = parameter.detach() * 0.1 + step
            optimizer.step()
        return optimizer

    asgd = torch.optim.ASGD
    options = {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 1, "weight_decay": 0.1, "foreach": False}
    scheduled = stepped(lambda p: asgd(p, **options))
    scheduler = torch.optim.lr_scheduler.StepLR(scheduled, 2)
    with CAPTURABLE_ON_CPU:
        capturable = stepped(lambda p: asgd(p, **options, capturable=True))
    states = {
        "plain": stepped(lambda p: asgd(p, **options)),
        "defaults": stepped(lambda p: asgd(p)),
        "fresh": stepped(lambda p: asgd(p, **options), steps=0),
        "named": stepped(lambda p: asgd([("weight", p[0]), ("bias", p[1])], **options)),
        "groups": stepped(lambda p: asgd([{"params": [p[0]], "lr": 0.5, "name": "first"}, {"params": [p[1]], "maximize": True}], **options)),
        "tensor lr": stepped(lambda p: asgd(p, **{**options, "lr": torch.tensor(0.1)})),
        "capturable": capturable,
        "bfloat16": stepped(lambda p: asgd(p, **options), dtype=torch.bfloat16),
        "scheduled": scheduled,
        "adam": stepped(lambda p: torch.optim.Adam(p)),
    }
    dictionaries = {name: copy.deepcopy(optimizer.state_dict()) for name, optimizer in states.items()}
    # As PyTorch before 1.12 had it.
    older = copy.deepcopy(dictionaries["plain"])
    for state in older["state"].values():
        state.update({key: state[key].item() for key in ("step", "eta", "mu")})
    for group in older["param_groups"]:
        for key in ("foreach", "maximize", "differentiable", "capturable"):
            del group[key]
    # Loading casts eta and mu to the parameters' dtype.
    parameters = [torch.nn.Parameter(torch.zeros(3, dtype=torch.float64)), torch.nn.Parameter(torch.zeros(1, 1, dtype=torch.float64))]
    reloaded = asgd(parameters)
    reloaded.load_state_dict(copy.deepcopy(dictionaries["plain"]))
    return {**dictionaries, "older": older, "reloaded": reloaded.state_dict(), "scheduler": scheduler.state_dict()}


# The same content in other containers.


def big_endian() -> bytes:
    """As a big-endian machine writes it: torch.load swaps the bytes back."""
    tensors = {name: t for name, t in every_dtype().items() if not name.startswith("uint") or name == "uint8"}
    source = zipfile.ZipFile(io.BytesIO(saved(tensors)))
    widths = [t.element_size() // (2 if t.is_complex() else 1) for t in tensors.values()]
    content = {}
    for name in source.namelist():
        data = source.read(name)
        _, _, record = name.partition("/")
        if record == "byteorder":
            data = b"big"
        elif record.startswith("data/"):
            width = widths[int(record.removeprefix("data/"))]
            data = np.frombuffer(data, np.uint8).reshape(-1, width)[:, ::-1].tobytes()
        content[name] = data
    return _zipped(content)


def deflated() -> bytes:
    return _zipped(_records(saved(strided())), zipfile.ZIP_DEFLATED)


def zip64() -> bytes:
    return _zipped(_records(saved({"weight": torch.arange(4.0)})), wide=True)


def without_checksums() -> bytes:
    torch.serialization.set_crc32_options(False)
    try:
        return saved({"weight": torch.arange(4.0)})
    finally:
        torch.serialization.set_crc32_options(True)


def _records(archive: bytes) -> dict[str, bytes]:
    source = zipfile.ZipFile(io.BytesIO(archive))
    return {name: source.read(name) for name in source.namelist()}


def _zipped(records: dict[str, bytes], method: int = zipfile.ZIP_STORED, *, wide: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in records.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as record:
                record.write(data)
    return file.getvalue()


# What has no counterpart.

Namespace = namedtuple("Namespace", ["lr"])


def refused() -> dict[str, object]:
    return {
        "numpy-scalar": {"loss": np.float64(0.5)},
        "numpy-array": {"loss": np.arange(3.0)},
        "device": {"device": torch.device("cpu")},
        "module": {"model": torch.nn.Linear(1, 1)},
        "function": {"loss": torch.nn.functional.mse_loss},
        "namedtuple": {"arguments": Namespace(0.1)},
        "sparse": {"weight": torch.eye(3).to_sparse()},
        "quantized": {"weight": torch.quantize_per_tensor(torch.arange(3.0), 0.1, 0, torch.qint8)},
        "float8": {"weight": torch.zeros(2, dtype=torch.float8_e4m3fn)},
        "storage": {"weight": torch.arange(3.0).untyped_storage()},
    }


def torchscript() -> bytes:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), file)
    records = _records(file.getvalue())
    # The others differ from run to run.
    return _zipped({name: data for name, data in records.items() if name.endswith(("constants.pkl", "version"))})


def legacy() -> bytes:
    """What a file of before PyTorch 1.6 begins with. After that, it has addresses of memory."""
    return saved({}, _use_new_zipfile_serialization=False)[:64]


def safetensors_tensors() -> Tensors:
    tensors = {name: t for name, t in every_dtype().items() if name != "complex128"}
    return {**tensors, "0-d": torch.tensor(3.5), "empty": torch.empty(0, 3)}


def safetensors_file() -> bytes:
    return save_safetensors(safetensors_tensors(), {"note": 'one that says "so"'})
