"""python -m golden.linear: makes what @asgd/linear is tested with: linear models that torch.optim.ASGD trained densely,
with gradients from autograd, and what scikit-learn makes of texts and named features. `python -m golden` does the same,
last."""

import argparse
import json
import sys
from pathlib import Path

from .pytorch import UNVECTORISED, load_pytorch

PROGRAM = Path(__file__).resolve().parents[1]
COMMITTED = PROGRAM.parents[1] / "packages" / "linear" / "test" / "fixtures"

ROWS = 40
FEATURES = 7
NON_ZEROS = 3
EPSILON = 0.5
SCHEDULES = (
    {"lr": 0.5, "lambd": 0.01, "alpha": 0.75, "t0": 10.0, "weightDecay": 0.0, "interceptStep": 0.25, "batch": 1},
    {"lr": 0.25, "lambd": 0.001, "alpha": 1.0, "t0": 0.0, "weightDecay": 0.03125, "interceptStep": 1.0, "batch": 3},
    {"lr": 0.25, "lambd": 0.5, "alpha": 0.0, "t0": 2.5, "weightDecay": 0.0, "interceptStep": 0.0, "batch": 1},
)
CLASSES = {
    "log": (2, 3),
    "hinge": (2, 3),
    "squaredHinge": (2, 3),
    "modifiedHuber": (2, 3),
    "softmax": (2, 4),
    "squared": (0,),
    "huber": (0,),
}


def make() -> dict[str, bytes]:
    """Every file's bytes, by name."""
    models = [
        _model(loss, classes, options, seed=index)
        for index, (loss, classes, options) in enumerate(
            (loss, classes, options)
            for loss, numbers in CLASSES.items()
            for classes in numbers
            for options in SCHEDULES
        )
    ]
    import sklearn
    import torch

    pytorch = {"torch": torch.__version__.split("+")[0], "features": FEATURES, "epsilon": EPSILON, "models": models}
    texts = {"scikit-learn": sklearn.__version__, **_texts(), **_named()}
    return {"pytorch.json": _lines(pytorch, "models"), "scikit-learn.json": _lines(texts, "vectorized")}


def _lines(content: dict, of: str) -> bytes:
    """JSON with each item of one list on a line: a change of one is a change of one line."""
    items = ",\n".join(json.dumps(item, separators=(",", ":"), allow_nan=False) for item in content[of])
    rest = {key: value for key, value in content.items() if key != of}
    head = json.dumps(rest, separators=(",", ":"), allow_nan=False)
    return f'{head[:-1]},"{of}":[\n{items}\n]}}\n'.encode("ascii")


def _model(loss: str, classes: int, options: dict, seed: int) -> dict:
    """Rows, and what two epochs in their order make of them. Row numbers, features and weights are short in JSON."""
    import numpy as np
    import torch

    random = np.random.default_rng(seed)
    outputs = classes if classes > 2 or loss == "softmax" else 1
    indices = [sorted(random.choice(FEATURES, NON_ZEROS, replace=False).tolist()) for _ in range(ROWS)]
    values = [(random.integers(-64, 65, NON_ZEROS) / 64).tolist() for _ in range(ROWS)]
    dense = torch.zeros((ROWS, FEATURES), dtype=torch.float64)
    for row, (columns, row_values) in enumerate(zip(indices, values)):
        dense[row, columns] = torch.tensor(row_values, dtype=torch.float64)
    if classes == 0:
        targets = (random.integers(-128, 129, ROWS) / 64).tolist()
    else:
        targets = random.integers(0, classes, ROWS).tolist()
    weights = (random.integers(0, 9, ROWS) / 4).tolist()

    weight = torch.zeros((FEATURES, outputs), dtype=torch.float64, requires_grad=True)
    intercept = torch.zeros(outputs, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.ASGD(
        [weight, intercept],
        lr=options["lr"],
        lambd=options["lambd"],
        alpha=options["alpha"],
        t0=options["t0"],
        weight_decay=options["weightDecay"],
        foreach=False,
    )
    order = [*range(ROWS), *reversed(range(ROWS))]
    for start in range(0, len(order), options["batch"]):
        rows = order[start : start + options["batch"]]
        optimizer.zero_grad()
        scores = dense[rows] @ weight + intercept
        row_losses = _loss(loss, scores, [targets[row] for row in rows])
        counts = torch.tensor([weights[row] for row in rows], dtype=torch.float64)
        ((row_losses * counts).sum() / len(rows)).backward()
        # The intercept takes a step of its own, and no penalty: what the update takes from it is given back.
        with torch.no_grad():
            penalty = options["lambd"] + options["weightDecay"]
            intercept.grad.mul_(options["interceptStep"]).sub_(penalty * intercept)
        optimizer.step()
    average, averages = optimizer.state[weight]["ax"], optimizer.state[intercept]["ax"]
    return {
        "loss": loss,
        "classes": classes,
        "outputs": outputs,
        **options,
        "indices": indices,
        "values": values,
        "targets": targets,
        "weights": weights,
        "steps": int(optimizer.state[weight]["step"].item()),
        "weight": weight.detach().flatten().tolist(),
        "intercept": intercept.detach().tolist(),
        "averageWeight": average.flatten().tolist(),
        "averageIntercept": averages.tolist(),
    }


def _loss(loss: str, scores, targets: list):
    """The loss of each row, in PyTorch's words where it has them."""
    import torch
    from torch.nn import functional

    if loss == "softmax":
        return functional.cross_entropy(scores, torch.tensor(targets), reduction="none")
    if loss in ("squared", "huber"):
        expected = torch.tensor(targets, dtype=torch.float64)
        if loss == "huber":
            return functional.huber_loss(scores[:, 0], expected, delta=EPSILON, reduction="none")
        return functional.mse_loss(scores[:, 0], expected, reduction="none") / 2
    outputs = scores.shape[1]
    positive = [[target == o for o in range(outputs)] if outputs > 1 else [target == 1] for target in targets]
    signs = torch.tensor(positive, dtype=torch.float64) * 2 - 1
    margins = signs * scores
    if loss == "log":
        each = functional.softplus(-margins, threshold=1e9)
    elif loss == "hinge":
        each = functional.relu(1 - margins)
    elif loss == "squaredHinge":
        each = functional.relu(1 - margins) ** 2
    else:
        each = torch.where(margins < -1, -4 * margins, functional.relu(1 - margins) ** 2)
    return each.sum(dim=1)


TEXTS = [
    "The quick brown fox jumps over the lazy dog. The dog sleeps.",
    "Überraschung! Ein schöner Tag, ein ein ein Traum — naïve café",
    "Привет мир привет 123 4 foo_bar x y2k",
    "a I . ,",
    "日本語 テキスト 日本語",
    "It's the dog's bone; e-mail me at someone@example.com",
]


def _texts() -> dict:
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    features = 1024
    vectorized = []
    for sublinear, idf, ngrams in ((True, True, (1, 1)), (False, True, (1, 2)), (True, False, (2, 3))):
        hashing = HashingVectorizer(n_features=features, alternate_sign=False, norm=None, ngram_range=ngrams)
        counts = hashing.transform(TEXTS)
        tfidf = TfidfTransformer(norm="l2", use_idf=idf, sublinear_tf=sublinear)
        fitted = tfidf.fit(counts[:4])
        options = {"features": features, "sublinear": sublinear, "idf": idf, "ngrams": list(ngrams)}
        vectorized.append({"options": options, "matrix": _csr(fitted.transform(counts))})
    return {"texts": TEXTS, "fitted": 4, "vectorized": vectorized}


NAMED = [
    [["width", 3.5], ["color", "red"], ["", 2.0], ["width", 1.0]],
    [],
    [["größe", -1.0], ["日本", 0.25], ["color", "dunkelgrün"], ["a", 1.0], ["ab", 1.0], ["abc", 1.0], ["abcd", 1.0]],
]


def _named() -> dict:
    from sklearn.feature_extraction import FeatureHasher

    features = 64
    made = [
        {
            "alternateSign": alternate,
            "matrix": _csr(
                FeatureHasher(n_features=features, alternate_sign=alternate, input_type="pair").transform(NAMED)
            ),
        }
        for alternate in (True, False)
    ]
    return {"named": NAMED, "namedFeatures": features, "hashed": made}


def _csr(matrix) -> dict:
    matrix.sum_duplicates()
    matrix.sort_indices()
    return {
        "data": matrix.data.tolist(),
        "indices": matrix.indices.tolist(),
        "indptr": matrix.indptr.tolist(),
        "shape": list(matrix.shape),
    }


def run(*, check: bool) -> int:
    failed = 0
    for name, content in make().items():
        path = COMMITTED / name
        if not check:
            COMMITTED.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"  written  {path}: {len(content)} bytes")
        elif not path.is_file() or path.read_bytes() != content:
            print(f"{path} is not what this program makes now: run `python -m golden.linear`.", file=sys.stderr)
            failed = 1
        else:
            print(f"{path} is what would be made now.")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.linear", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the committed files")
    arguments = parser.parse_args()
    load_pytorch(UNVECTORISED)
    return run(check=arguments.check)


if __name__ == "__main__":
    sys.exit(main())
