#!/usr/bin/env python3
"""Trains a linear model by averaged SGD on Apache Spark: see README.md."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pyspark
from pyspark.sql import SparkSession

from asgd_spark.options import parse
from asgd_spark.problem import Problem
from asgd_spark.training import train


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    # The Spark that pip installed starts its executors from there.
    os.environ.setdefault("SPARK_HOME", os.path.dirname(pyspark.__file__))
    builder = SparkSession.builder.appName("asgd")
    if options.remote is None:
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    else:
        builder = builder.remote(options.remote)
    spark = builder.getOrCreate()
    try:
        train(spark, options)
    except Problem as problem:
        print(f"train.py: {problem}", file=sys.stderr)
        return 1
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
