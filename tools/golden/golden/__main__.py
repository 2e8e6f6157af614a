"""python -m golden: makes the vectors and checkpoints, and shows that they can be relied on. See README.md."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .pytorch import KERNELS, UNVECTORISED, VECTORISED, load_pytorch

if TYPE_CHECKING:
    # Not yet when this is run: it imports torch.
    from .traces import Recorded

PROGRAM = Path(__file__).resolve().parents[1]
COMMITTED = PROGRAM.parents[1] / "packages" / "conformance" / "vectors"


def main() -> int:
    arguments = _arguments()
    load_pytorch(arguments.kernels)
    from . import checkpoints, linear
    from .traces import recorded_traces
    from .verification import VerificationError

    recorded = recorded_traces()
    try:
        if arguments.kernels == UNVECTORISED:
            files = _verified_files(recorded)
            failed = _compare(files, arguments.output) if arguments.check else _write(files, arguments.output)
            return failed or checkpoints.run(check=arguments.check) or linear.run(check=arguments.check)
        _verify_vector_kernels(recorded, arguments.kernels)
        return 0
    except VerificationError as error:
        print(f"Verification failed. {error}", file=sys.stderr)
        return 1


def _verified_files(recorded: "Recorded") -> dict[str, bytes]:
    from . import verification as v
    from .files import Measured, made_files

    v.require_exact(recorded.forward)
    v.require_bounds_admit_declared_arithmetic(recorded.forward)
    v.require_mutants_caught(recorded.plain)
    v.require_tensors_explained(recorded.on_tensors)
    on_tensors = v.require_tensors_within_bounds(recorded.on_tensors)
    v.require_tensor_mutants_caught(recorded.on_tensors)
    v.require_update_out_of_place_the_same(recorded.differentiated)
    derivatives = v.require_derivatives_within_bounds(recorded.derivatives)
    v.require_derivative_mutants_caught(recorded.derivatives)
    # In a process of its own, since PyTorch chooses its kernels once. Flushed, so that its line comes last.
    sys.stdout.flush()
    command = [sys.executable, "-m", __package__, "--kernels", VECTORISED]
    if subprocess.run(command, cwd=PROGRAM, check=False).returncode != 0:
        raise v.VerificationError(f"PyTorch's {VECTORISED} kernels: see above.")
    return made_files(recorded, Measured(on_tensors, derivatives))


def _verify_vector_kernels(recorded: "Recorded", kernels: str) -> None:
    from . import verification as v

    v.require_vector_kernels_within_bounds(recorded.forward, kernels)
    v.require_tensors_within_bounds(recorded.on_tensors, fuses=True)
    v.require_derivatives_within_bounds(recorded.derivatives)


def _write(files: dict[str, bytes], folder: Path) -> int:
    from .files import write_files

    write_files(files, folder)
    for name, content in files.items():
        print(f"  written  {folder / name}: {len(content)} bytes")
    return 0


def _compare(files: dict[str, bytes], folder: Path) -> int:
    from .files import mismatches

    found = mismatches(files, folder)
    for mismatch in found:
        print(f"{folder / mismatch.file} {mismatch.problem}.", file=sys.stderr)
    print(
        "Run `python -m golden` to make the files anew." if found else f"{folder} is what would be made now."
    )
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m golden", description="Reference vectors from PyTorch.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; compare with the files in the folder"
    )
    parser.add_argument(
        "--output", type=Path, default=COMMITTED, help="the vectors' folder (default: the committed one)"
    )
    parser.add_argument(
        "--kernels",
        choices=KERNELS,
        default=UNVECTORISED,
        help="with other kernels of PyTorch than default: only shows that they are within the bounds",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
