"""python -m golden.checkpoints: makes the checkpoints that @asgd/torch is tested with, and reads those that it
wrote. `python -m golden` does the same, after the vectors."""

import argparse
import io
import json
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from .pytorch import UNVECTORISED, load_pytorch

PROGRAM = Path(__file__).resolve().parents[1]
TESTS = PROGRAM.parents[1] / "packages" / "torch" / "test"
COMMITTED = TESTS / "fixtures"
MANIFEST = "manifest.json"


def make() -> dict[str, bytes]:
    """Every file's bytes, by name."""
    from . import checkpoint_files as c
    from .checkpoint_training import fine_tuning, training

    tensors = {
        "dtypes.pt": c.every_dtype(),
        "strided.pt": c.strided(),
        "sharing.pt": c.sharing(),
        "halves.pt": c.halves(),
    }
    files = {name: c.saved(content) for name, content in tensors.items()}
    for protocol in (2, 3, 4, 5):
        files[f"objects-protocol{protocol}.pt"] = c.saved(c.objects(), pickle_protocol=protocol)
    files["versioned.pt"] = c.saved(c.versioned())
    files["wrapped.pt"] = c.saved(c.wrapped())
    files["optimizers.pt"] = c.saved(c.optimizers())
    files["big-endian.pt"] = c.big_endian()
    files["deflated.pt"] = c.deflated()
    files["zip64.pt"] = c.zip64()
    files["without-checksums.pt"] = c.without_checksums()
    files["legacy.pt"] = c.legacy()
    files["torchscript.pt"] = c.torchscript()
    files["all.safetensors"] = c.safetensors_file()
    files["fine-tuning.pt"] = c.saved(fine_tuning())
    for name in ("float32", "float64", "complex64", "complex128"):
        for moment, content in training(name).items():
            files[f"training-{name}-{moment}.pt"] = c.saved(content)
    for name, content in c.refused().items():
        files[f"refused-{name}.pt"] = c.saved(content)
    tensors["all.safetensors"] = c.safetensors_tensors()
    return {**files, MANIFEST: _manifest(files, tensors)}


def _manifest(files: dict[str, bytes], tensors: dict[str, dict]) -> bytes:
    import torch

    def described(tensor: torch.Tensor) -> dict:
        data = _bytes_of(tensor)
        # The long ones by their checksum.
        value = {"base64": b64encode(data).decode("ascii")} if len(data) < 5000 else {"sha256": sha256(data).hexdigest()}
        return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), **value}

    manifest = {
        "schema": 1,
        "generator": {"command": "cd tools/golden && python -m golden", "torch": torch.__version__.split("+")[0]},
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
        # Row by row, little-endian.
        "tensors": {
            name: {key: described(tensor) for key, tensor in content.items()} for name, content in tensors.items()
        },
    }
    return (json.dumps(manifest, indent=1) + "\n").encode("ascii")


def _bytes_of(tensor) -> bytes:
    import torch

    plain = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    # NumPy has no bfloat16: its bits as integers.
    return (plain.view(torch.int16) if plain.dtype == torch.bfloat16 else plain).numpy().tobytes()


def run(*, check: bool, output: Path = COMMITTED) -> int:
    from .checkpoint_reading import read_written
    from .verification import VerificationError

    files = make()
    if not check:
        output.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (output / name).write_bytes(content)
        print(f"  written  {output}: {len(files)} files, {sum(map(len, files.values()))} bytes")
    problems = _problems(files, output)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("Run `python -m golden` to make the files anew.", file=sys.stderr)
        return 1
    print(f"{output} is what would be made now.")
    try:
        read_written(output / "written", make_loadable(files))
    except VerificationError as error:
        print(f"Verification failed. {error}", file=sys.stderr)
        return 1
    return 0


def make_loadable(files: dict[str, bytes]):
    """A function that loads one of the files by name."""
    import torch

    return lambda name: torch.load(io.BytesIO(files[name]), weights_only=False)


def _problems(files: dict[str, bytes], folder: Path) -> list[str]:
    def problem(name: str) -> str | None:
        if not (folder / name).is_file():
            return "is missing"
        return None if (folder / name).read_bytes() == files[name] else "is not what this program makes now"

    found = [f"{folder / name} {p}." for name in files if (p := problem(name))]
    strays = [p for p in folder.glob("*.*") if p.is_file() and p.name not in files]
    return [*found, *(f"{p} is not made by this program." for p in strays)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.checkpoints", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the committed files")
    arguments = parser.parse_args()
    load_pytorch(UNVECTORISED)
    return run(check=arguments.check)


if __name__ == "__main__":
    sys.exit(main())
