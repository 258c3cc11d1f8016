"""The same inputs give the same bytes, in whatever folder, at whatever time, in one go or in pieces."""

from __future__ import annotations

from checkouts import PICTURES, products

KINDS = (".parquet", *PICTURES, ".md", ".html")


def test_two_runs_in_different_folders_give_the_same_bytes(finished, resumed):
    names = list(products(finished, *KINDS))
    assert {path.suffix for path in names} == set(KINDS)
    different = [
        str(path) for path in names if (finished / path).read_bytes() != (resumed.checkout / path).read_bytes()
    ]
    assert different == []
