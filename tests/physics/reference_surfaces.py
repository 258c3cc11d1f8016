"""Energy surfaces whose stationary points are known, and derivatives by differences, for tests."""

import numpy as np

from superion.pair_crystals import PairCrystal, fcc_positions, lennard_jones
from superion.saddle_points import find_minimum, find_saddle

STEP = 1e-5
LATTICE_CONSTANT = 1.5475299596637975  # of the smoothed Lennard-Jones crystal without pressure


class MuellerBrown:
    """One particle in a plane: K. Mueller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979)."""

    translations = 0
    height = np.array([-200.0, -100.0, -170.0, 15.0])
    a, b, c = np.array([[-1, -1, -6.5, 0.7], [0, 0, 11, 0.6], [-10, -10, -6.5, 0.7]])
    centre = np.array([[1, 0, -0.5, -1], [0, 0.5, 1.5, 1]])

    def _terms(self, positions):
        d = positions[0][:, None] - self.centre
        return d, self.height * np.exp(self.a * d[0] ** 2 + self.b * d[0] * d[1] + self.c * d[1] ** 2)

    def energy(self, positions):
        return float(self._terms(positions)[1].sum())

    def gradient(self, positions):
        d, terms = self._terms(positions)
        slopes = np.array([2 * self.a * d[0] + self.b * d[1], self.b * d[0] + 2 * self.c * d[1]])
        return (slopes @ terms)[None]

    def hessian(self, positions):
        d, terms = self._terms(positions)
        slopes = np.array([2 * self.a * d[0] + self.b * d[1], self.b * d[0] + 2 * self.c * d[1]])
        second = np.array([[2 * self.a, self.b], [self.b, 2 * self.c]])
        return (slopes[:, None] * slopes[None] + second) @ terms


class Quartic:
    """Particles on lines, each in height (x^2 - 1)^2, with springs from each to the next."""

    translations = 0

    def __init__(self, count=1, spring=0.0, height=1.0):
        self.count, self.spring, self.height = count, spring, height

    def energy(self, positions):
        x = positions[:, 0]
        return float(self.height * ((x**2 - 1) ** 2).sum() + self.spring / 2 * (np.diff(x) ** 2).sum())

    def gradient(self, positions):
        x = positions[:, 0]
        pull = self.spring * np.diff(x)
        return (4 * self.height * x * (x**2 - 1) + np.append(0, pull) - np.append(pull, 0))[:, None]

    def hessian(self, positions):
        x = positions[:, 0]
        ends = np.diff(np.eye(self.count), axis=0)
        return np.diag(4 * self.height * (3 * x**2 - 1)) + self.spring * ends.T @ ends


def numerical_gradient(surface, positions):
    """Central differences of the energy."""
    gradient = np.empty_like(positions)
    for index in np.ndindex(positions.shape):
        moved = np.zeros_like(positions)
        moved[index] = STEP
        gradient[index] = (surface.energy(positions + moved) - surface.energy(positions - moved)) / (2 * STEP)
    return gradient


def numerical_hessian(surface, positions):
    """Central differences of the gradient."""
    columns = []
    for index in np.ndindex(positions.shape):
        moved = np.zeros_like(positions)
        moved[index] = STEP
        columns.append((surface.gradient(positions + moved) - surface.gradient(positions - moved)).ravel() / (2 * STEP))
    return np.stack(columns, axis=1)


def vacancy(cells, images="all"):
    """Minimum and saddle of the hop into a vacancy of a Lennard-Jones crystal."""
    cell, sites = fcc_positions(LATTICE_CONSTANT, cells)
    crystal = PairCrystal(cell, len(sites) - 1, lennard_jones(), images)
    hop = LATTICE_CONSTANT / 2 * np.array([1, 1, 0])
    jumper = int(np.argmin(np.linalg.norm(crystal.wrapped(sites - sites[0] - hop), axis=1))) - 1
    half_way = sites[1:].copy()
    half_way[jumper] -= hop / 2
    return find_minimum(crystal, sites[1:]), find_saddle(crystal, half_way)
