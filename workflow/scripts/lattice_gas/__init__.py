"""Lattice gases: exact states and Monte Carlo."""
