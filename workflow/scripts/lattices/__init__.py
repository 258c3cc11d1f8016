"""Lattices of the configuration: hopping matrices, spectra, conductivity tensors."""
