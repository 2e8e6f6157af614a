"""Which PyTorch makes the vectors: its version, and which of its CPU kernels.

PyTorch carries its kernels several times and picks by the processor. `default`, the one for any x86-64,
rounds every operation once. The vector builds (`avx2`, `avx512`) fuse the product of `add(..., alpha=...)`
with the sum, and negate complex numbers as 0 - x, which loses the sign of a zero.

The vectors are made with `default`. It does not depend on the processor, and it computes what SPEC.md says to
the last bit, so that a backend can be held to every bit. That the vector kernels stay within the bounds is
checked beside it.
"""

import os

VERSION = "2.13.0"
UNVECTORISED = "default"
VECTORISED = "avx2"
KERNELS = (UNVECTORISED, VECTORISED, "avx512")


def load_pytorch(kernels: str) -> None:
    """To be called before anything else imports torch: PyTorch chooses its kernels once, on loading."""
    os.environ["ATEN_CPU_CAPABILITY"] = kernels
    import torch

    if torch.__version__.split("+")[0] != VERSION:
        raise SystemExit(
            f"PyTorch is {torch.__version__} here, and the vectors are made with {VERSION}: "
            "pip install -r requirements.txt"
        )
    running = torch.backends.cpu.get_cpu_capability().lower()
    if running != kernels:
        raise SystemExit(
            f"PyTorch runs its {running} kernels where {kernels} were asked for. "
            "The vectors are made on x86-64, on a processor that has AVX2."
        )
