"""Averaged SGD on Apache Spark: executors run asgd-train on their rows, and merge what it learned."""
