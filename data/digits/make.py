#!/usr/bin/env python3
"""Writes digits-train.csv and digits-test.csv beside this script from scikit-learn's copy of the data.

Split: rows 0..1346 of load_digits() train, rows 1347..1796 test, in their original order. Needs scikit-learn.
"""
import pathlib

from sklearn.datasets import load_digits

TRAIN_ROWS = 1347


def write(path, pixels, labels):
    with open(path, "w", newline="\n") as file:
        file.write(",".join([f"p{j}" for j in range(pixels.shape[1])] + ["label"]) + "\n")
        for row, label in zip(pixels, labels):
            file.write(",".join(str(int(value)) for value in row) + f",{int(label)}\n")


def main():
    folder = pathlib.Path(__file__).resolve().parent
    pixels, labels = load_digits(return_X_y=True)
    if pixels.shape != (1797, 64) or (pixels != pixels.astype(int)).any():
        raise SystemExit("load_digits() is not the table that this script was written for")
    write(folder / "digits-train.csv", pixels[:TRAIN_ROWS], labels[:TRAIN_ROWS])
    write(folder / "digits-test.csv", pixels[TRAIN_ROWS:], labels[TRAIN_ROWS:])


if __name__ == "__main__":
    main()
