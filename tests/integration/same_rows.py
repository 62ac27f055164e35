# SPDX-License-Identifier: Apache-2.0
"""Compares two CSV files row by row; numbers by value, so that 7 equals 7.0. Exit 1 and the first
difference when they differ."""
import csv
import sys


def value(text):
    try:
        return float(text)
    except ValueError:
        return text


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return [[value(cell) for cell in row] for row in csv.reader(f)]


left, right = rows(sys.argv[1]), rows(sys.argv[2])
for n, (a, b) in enumerate(zip(left, right), 1):
    if a != b:
        sys.exit(f"row {n} differs:\n{a}\n{b}")
if len(left) != len(right):
    sys.exit(f"{len(left)} rows and {len(right)} rows")
if not left:
    sys.exit("no row at all")
