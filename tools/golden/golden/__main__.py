"""python -m golden: makes the vectors, and shows that they can be relied on. See README.md."""

import argparse
import subprocess
import sys
from pathlib import Path

from .pytorch import KERNELS, UNVECTORISED, VECTORISED, load_pytorch

PROGRAM = Path(__file__).resolve().parents[1]
COMMITTED = PROGRAM.parents[1] / "packages" / "conformance" / "vectors"


def main() -> int:
    arguments = _arguments()
    load_pytorch(arguments.kernels)
    from .traces import recorded_traces
    from .verification import VerificationError

    traces = recorded_traces()
    try:
        if arguments.kernels == UNVECTORISED:
            _verify(traces)
            return _compare(traces, arguments.output) if arguments.check else _write(traces, arguments.output)
        _verify_vector_kernels(traces, arguments.kernels)
        return 0
    except VerificationError as error:
        print(f"Verification failed. {error}", file=sys.stderr)
        return 1


def _verify(traces: dict[str, list[dict]]) -> None:
    from .verification import (
        VerificationError,
        require_bounds_admit_declared_arithmetic,
        require_exact,
        require_mutants_caught,
    )

    require_exact(traces)
    require_bounds_admit_declared_arithmetic(traces)
    require_mutants_caught(traces)
    # In a process of its own, since PyTorch chooses its kernels once. Flushed, so that its line comes last.
    sys.stdout.flush()
    command = [sys.executable, "-m", __package__, "--kernels", VECTORISED]
    if subprocess.run(command, cwd=PROGRAM, check=False).returncode != 0:
        raise VerificationError(f"PyTorch's {VECTORISED} kernels: see above.")


def _verify_vector_kernels(traces: dict[str, list[dict]], kernels: str) -> None:
    from .verification import require_vector_kernels_within_bounds

    require_vector_kernels_within_bounds(traces, kernels)


def _write(traces: dict[str, list[dict]], folder: Path) -> int:
    from .files import made_files, write_files

    files = made_files(traces)
    write_files(files, folder)
    for name, content in files.items():
        print(f"  written  {folder / name}: {len(content)} bytes")
    return 0


def _compare(traces: dict[str, list[dict]], folder: Path) -> int:
    from .files import made_files, mismatches

    found = mismatches(made_files(traces), folder)
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
        "--output", type=Path, default=COMMITTED, help="the folder (default: the committed one)"
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
