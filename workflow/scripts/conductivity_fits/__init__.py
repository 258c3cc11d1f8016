"""Conductivity models fitted to measured sigma(T)."""
