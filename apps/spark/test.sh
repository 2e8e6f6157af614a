#!/usr/bin/env bash
# The tests of apps/spark, on a real Spark in a Python environment of its own: `npm run spark:test`.
# Where Java or Python is missing, it says so and runs nothing.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
  printf '\n'
  printf '%s\n' '!!' "!! THE TESTS OF apps/spark DID NOT RUN: $1" '!! They take Linux, Java 17 or later, and Python 3.11 or later with venv.' '!!'
  printf '\n'
  exit 0
}

[ "$(uname)" = Linux ] || skip "this is $(uname)"
version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
[ "${version:-0}" -ge 17 ] || skip "found Java ${version:-nowhere}"
python=${PYTHON:-python3}
"$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  skip "found $("$python" --version 2>&1 || true)"

# Half a gigabyte: only when the requirements change.
if ! cmp -s requirements.txt .venv/requirements.txt || ! cmp -s requirements-test.txt .venv/requirements-test.txt; then
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r requirements-test.txt
  cp requirements.txt requirements-test.txt .venv
fi

mkdir -p reports
.venv/bin/ruff check --quiet .
.venv/bin/ruff format --quiet --check .
exec .venv/bin/python -m pytest -q --junitxml=reports/junit.xml "$@"
