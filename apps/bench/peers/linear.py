"""Linear classifiers of scikit-learn and Vowpal Wabbit as peers of the benchmark.

  linear.py serve|train FILE FEATURES LOSS LAMBD EPOCHS PROGRAM OUT

`train` reads FILE, trains, and writes the weights and the intercept to OUT, in float64. PROGRAM is `sgd`, `liblinear`
or `vw`; the last takes FILE in the format of Vowpal Wabbit, the others in LIBSVM's. EPOCHS is nothing to `liblinear`.
`serve` reads one request a line from standard input and answers with one line:
  open      reads FILE
  epochs    answers with the milliseconds of processor time that an epoch of `sgd` after the first took
"""

import sys
import time


def read(path, features):
    from sklearn.datasets import load_svmlight_file

    rows, labels = load_svmlight_file(path, n_features=features, zero_based=False)
    # The classifiers take no others.
    rows.indices, rows.indptr = rows.indices.astype("int32"), rows.indptr.astype("int32")
    return rows, labels


def sgd(loss, lambd, epochs):
    from sklearn.linear_model import SGDClassifier

    name = {"hinge": "hinge", "log": "log_loss"}[loss]
    return SGDClassifier(loss=name, alpha=lambd, average=True, max_iter=epochs, tol=None, random_state=0)


def liblinear(loss, lambd, rows):
    c = 1 / (lambd * rows)
    if loss == "log":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(solver="liblinear", C=c)
    from sklearn.svm import LinearSVC

    return LinearSVC(loss="hinge", C=c, dual=True, random_state=0)


def write(out, weights):
    import numpy

    numpy.asarray(weights, dtype="float64").tofile(out)


def train_scikit(path, features, loss, lambd, epochs, program, out):
    import numpy

    rows, labels = read(path, features)
    model = sgd(loss, lambd, epochs) if program == "sgd" else liblinear(loss, lambd, len(labels))
    model.fit(rows, labels)
    write(out, numpy.append(model.coef_[0], model.intercept_[0]))


BITS = 18
CONSTANT = 11650396 % 2**BITS  # where Vowpal Wabbit keeps the intercept; a feature hashed there shares it


def train_vowpal_wabbit(path, features, loss, lambd, epochs, out):
    from vowpalwabbit import Workspace

    name = {"hinge": "hinge", "log": "logistic"}[loss]
    text = out + ".txt"
    Workspace(
        f"--data {path} --loss_function {name} --l2 {lambd} --passes {epochs} --cache_file {out}.cache -k "
        f"--holdout_off --bit_precision {BITS} --readable_model {text} --predict_only_model --quiet"
    ).finish()
    weights = [0.0] * (2**BITS)
    with open(text) as lines:
        for line in lines:
            parts = line.strip().split(":")
            if len(parts) == 2 and parts[0].isdigit() and parts[1]:
                weights[int(parts[0])] = float(parts[1])
    write(out, weights[:features] + [weights[CONSTANT]])


def serve(path, features, loss, lambd, epochs):
    rows = labels = None

    def fit(count):
        begin = time.process_time()
        sgd(loss, lambd, count).fit(rows, labels)
        return (time.process_time() - begin) * 1e3

    for line in sys.stdin:
        if line.strip() == "open":
            rows, labels = read(path, features)
            print("opened", flush=True)
        else:
            first = fit(1)  # with what comes before the first epoch, such as checks
            print((fit(epochs) - first) / (epochs - 1), flush=True)


def main():
    mode, path, features, loss, lambd, epochs, program, out = sys.argv[1:]
    features, lambd, epochs = int(features), float(lambd), int(epochs)
    if mode == "serve":
        serve(path, features, loss, lambd, epochs)
    elif program == "vw":
        train_vowpal_wabbit(path, features, loss, lambd, epochs, out)
    else:
        train_scikit(path, features, loss, lambd, epochs, program, out)


main()
