"""Equations (14)-(30) and (42)-(44) of the quasi-ion paper: bands, transport at their edges, repulsion."""

from collections.abc import Iterator, Mapping

import numpy as np

from scripts.quasi_ion.equation_rows import Row
from scripts.quasi_ion.static_potential import conductor_of
from superion.interstitial_bands import (
    PHASES,
    band_edges,
    band_energies,
    bloch_matrix,
    hopping_energy_eV,
    inverse_effective_mass,
    reduced_boltzmann_conductivity,
    reduced_edge_conductivity,
    site_weights,
)
from superion.ion_doping import DopingCurve, selected

WEAK_HOPPINGS_eV = (0.002, 0.0234)  # of the test of Eq. (30) against Eq. (24), with |dU| = 0.15 eV
NARROW = {"difference": 0.15, "thermal": 0.026}
STEP = 1e-4  # of ka, in finite differences


def band_rows(bands: Mapping, static: Mapping, printed: Mapping) -> Iterator[Row]:
    """Rows of the sections `bands`, `static_potential` and `printed_equations` of the configuration."""
    difference, hopping = bands["energy_difference_eV"], bands["hopping_eV"]
    sites = (-difference, difference)
    bond = np.array([[0, hopping], [hopping, 0]])  # a bond J0 of Eq. (14) to either neighbour, at k = 0
    matrix = bloch_matrix(0.0, *sites, hopping)
    yield Row("17", "off-diagonal element over J0", "k = 0", 2 * bond[0, 1] / hopping, abs(matrix[0, 1]) / hopping, 1.0)
    for ka in (0.0, *printed["reduced_wave_numbers"], np.pi):
        case = f"ka = {ka:.4g}"
        energy, vector = np.linalg.eigh(bloch_matrix(ka, *sites, -hopping))
        valence, conduction = band_energies(ka, *sites, hopping)
        yield Row("18", "E+ less the mean (eV)", case, energy[1], float(conduction), float(conduction))
        yield Row("18", "E- less the mean (eV)", case, energy[0], float(valence), float(valence))
        upper, lower = site_weights(ka, difference, hopping)
        as_printed = site_weights(ka, difference, hopping, form="printed")
        yield Row("19", "rho_a+", case, abs(vector[0, 1]) ** 2, float(as_printed[0]), float(upper))
        if ka < np.pi:  # there the printed form is 0/0
            yield Row("19", "rho_a-", case, abs(vector[0, 0]) ** 2, float(as_printed[1]), float(lower))
    bottom, top = (float(edge) for edge in band_edges(difference, hopping))
    half = (sites[0] - sites[1]) / 2
    yield Row("below 18", "gap (eV)", "bands", 2 * bottom, 2 * half, 2 * abs(half))
    shift = float(np.linalg.eigvalsh(matrix)[1]) - sites[1]
    yield Row("below 18", "shift of E+ at k = 0 from U_B (eV)", "bands", shift, hopping, top - difference)
    yield Row(
        "below 18",
        "E+ at k = pi/a less U_B (eV)",
        "bands",
        float(band_energies(np.pi, *sites, hopping)[1]) - sites[1],
        0.0,
        0.0,
    )
    for edge, at in (("bottom", np.pi), ("top", 0.0)):
        around = band_energies(np.array([at - STEP, at, at + STEP]), *sites, hopping)[1]
        curvature = abs(around[0] - 2 * around[1] + around[2]) / STEP**2
        masses = [
            float(inverse_effective_mass(difference, hopping, edge, form=form)) for form in ("printed", "corrected")
        ]
        yield Row("21", "hbar^2/(m* a^2) (eV)", edge, curvature, *masses)
    activated, thermal = 0.2, static["thermal_energy_eV"]
    weak = float(hopping_energy_eV(-1.0, 0.0, 1.0, activated, thermal, form="approximate"))
    ratio = weak**2 * (1 + 2 * np.exp(-activated / thermal)) / np.exp(-activated / thermal)
    yield Row("22", "prefactor of U_A^2 exp(-E_a/kT)/(1 + 2 exp(-E_a/kT))", "E_a = 0.2 eV", ratio, np.sqrt(2), 1.0)
    yield from _conductivity_rows()
    yield from _repulsion_rows(static, printed)


def _conductivity_rows() -> Iterator[Row]:
    difference, thermal = NARROW["difference"], NARROW["thermal"]

    def boltzmann(hopping):
        return float(reduced_boltzmann_conductivity(0.0, difference, hopping, 0.0, thermal))

    def edge(hopping):
        mass = inverse_effective_mass(difference, hopping)
        return float(reduced_edge_conductivity(difference, mass, thermal))

    for hopping in WEAK_HOPPINGS_eV:
        yield Row(
            "30",
            "Eq. (30) over Eq. (24)",
            f"J0 = {hopping:g} eV",
            boltzmann(hopping) / edge(hopping),
            1.0,
            hopping**2 / (8 * difference * thermal),
        )
    small, factor = 1e-3, 1.001
    slope = np.log(boltzmann(small * factor) / boltzmann(small / factor)) / (2 * np.log(factor))
    yield Row("30", "d ln(sigma)/d ln|J0|", "J0 = 0.001 eV", slope, 2.0, 4.0)
    # Hopping by (16), mass by (20), carriers by (23), with one temperature in all of them: the slope against 1/kT
    formation, activation, beta, step = 0.2, 0.15, 30.0, 1e-4

    def logarithm(b):
        hopping = hopping_energy_eV(-1.0, 0.0, 1.0, activation, 1 / b, form="approximate")
        return np.log(float(reduced_edge_conductivity(formation, inverse_effective_mass(0.5, hopping), 1 / b)))

    slope = -(logarithm(beta + step) - logarithm(beta - step)) / (2 * step)
    closed = formation + activation / (1 + 2 * np.exp(-activation * beta))
    yield Row("24", "-d ln(sigma)/d(1/kT) (eV)", "E_a = 0.15, E_t = 0.2 eV", slope, closed, closed)
    hopping = 0.02
    around = band_energies(np.array([np.pi - STEP, np.pi, np.pi + STEP]), -difference, difference, hopping)[1]
    mass = (around[0] - 2 * around[1] + around[2]) / STEP**2
    corrected = float(inverse_effective_mass(difference, hopping)) * difference / hopping**2
    quantity = "prefactor over n0 (ze)^2 tau a^2 J0^2/(|dU| hbar^2)"
    yield Row("24", quantity, f"J0 = {hopping:g} eV", mass * difference / hopping**2, 1.0, corrected)


def _repulsion_rows(static: Mapping, printed: Mapping) -> Iterator[Row]:
    repulsion, ratio = static["repulsion_eV"], 0.6  # a1/a2 other than 1, at which the two bonds differ
    # Ions on a ring of sites A, B, A, B, ... with the bonds a1, a2 in turn: each pair counted once, or from either end
    bonds = np.where(np.arange(8) % 2, ratio, 1.0) * repulsion
    full, without = np.ones(8), np.where(np.arange(8) == 4, 0.0, 1.0)
    pair = np.where(np.arange(8) < 2, 1.0, 0.0)

    def energy(occupation):
        return float(np.sum(bonds * occupation * np.roll(occupation, -1)))

    def ordered_energy(occupation):
        ends = occupation * np.roll(occupation, -1), occupation * np.roll(occupation, 1)
        return float(np.sum(bonds * ends[0]) + np.sum(np.roll(bonds, 1) * ends[1]))

    yield Row("25", "energy of a pair of neighbours (eV)", "a ring", energy(pair), ordered_energy(pair), repulsion)
    shift, kbar = energy(full) - energy(without), repulsion * (1 + ratio)
    yield Row("App. 5.1", "shift of site A by both neighbours (eV)", f"a1/a2 = {ratio:g}", shift, 2 * repulsion, kbar)
    # Operators on two sites, ordered by Jordan and Wigner
    lower, sign = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    a, b = np.kron(lower, np.eye(2)), np.kron(sign, lower)
    number_a, number_b = a.T @ a, b.T @ b
    defect = float(np.abs(number_a @ number_b - (number_a - a.T @ b @ b.T @ a)).max())
    yield Row("App. 5.1", "n_A n_B less its ordered form", "two sites", defect, 0.0, 0.0)
    for shallowness in static["shallownesses"]:
        case = f"alpha = {shallowness:g}"
        conductor = conductor_of(static, shallowness)
        curve = DopingCurve(conductor)
        states = curve.states(conductor.middle_eV)
        # Half filling: the occupation of B is that of the valence band. Kbar <n_B> is the direct term of Wick.
        scattering = states.scattering_eV[selected(states, "largest")][0]
        ka = (np.arange(400) + 0.5) / 400 * np.pi
        weight = 1 - site_weights(ka, conductor.energy_difference_eV, conductor.hopping_eV, scattering)[1].mean()
        kbar = 2 * repulsion
        yield Row("27", "static shift of site A at half filling (eV)", case, kbar * weight, kbar, kbar * weight)
        yield from _matrix_rows(conductor, scattering, case, printed)


def _matrix_rows(conductor, scattering: float, case: str, printed: Mapping) -> Iterator[Row]:
    sites, hopping = (conductor.regular_energy_eV, conductor.interstitial_energy_eV), conductor.hopping_eV
    middle, difference = conductor.middle_eV, -conductor.energy_difference_eV
    for ka in printed["reduced_wave_numbers"]:
        point = f"{case}, ka = {ka:g}"
        for phase, sign in PHASES.items():
            matrix = bloch_matrix(ka, *sites, hopping, scattering, phase)
            energy = np.linalg.eigvalsh(matrix)[1]
            closed = float(band_energies(ka, *sites, hopping, scattering, phase)[1])
            yield Row("29", f"E+ (eV), phase {phase}", point, energy, closed, closed)
            opposite = np.linalg.eigvalsh(bloch_matrix(ka, *sites, abs(hopping), scattering, phase))[1]
            yield Row("29", f"E+ (eV) for J0 > 0, phase {phase}", point, opposite, closed, closed)
            # Eq. (43): the phase of (J0/2)(1 + e^{ika}) + S is that of S
            turned = np.angle(matrix[0, 1] * -sign * np.exp(-0.5j * ka))
            yield Row("44", f"phase of the element less that of S, {phase}, |S| > |J0|", point, turned, 0.0, 0.0)
            weak = bloch_matrix(ka, *sites, hopping, abs(hopping) * np.cos(ka / 2) / 2, phase)
            turned = abs(np.angle(weak[0, 1] * -sign * np.exp(-0.5j * ka)))
            admitted = 0.0 if phase == "ka/2+pi" else np.pi
            yield Row(
                "44", f"phase of the element less that of S, {phase}, |S| < |J0|", point, turned, admitted, admitted
            )
        matrix = bloch_matrix(ka, *sites, hopping, scattering)
        as_printed = matrix.copy()
        as_printed[0, 1] = hopping / 2 * (1 + np.exp(-1j * ka)) + (matrix[0, 1] - hopping / 2 * (1 + np.exp(1j * ka)))
        yield Row("28", "distance from a Hermitian matrix (eV)", point, 0.0, _defect(as_printed), _defect(matrix))
        energy, vector = np.linalg.eigh(matrix)
        split = energy[1] - middle
        nu = np.sqrt((split - difference) / (split + difference))
        occupation = (1 + nu**2) / (nu + 1 / nu) ** 2
        yield Row("App. 5.1", "share of A in the + state", point, abs(vector[0, 1]) ** 2, occupation, 1 - occupation)
        real = abs(hopping)  # a real S, where the factor 1/2 of the hopping tells
        exact, halved, whole = (
            np.angle(element + real)
            for element in (
                bloch_matrix(ka, *sites, hopping)[0, 1],
                hopping / 2 * (1 + np.exp(1j * ka)),
                hopping * (1 + np.exp(1j * ka)),
            )
        )
        yield Row("App. 5.1", "phase of the element with a real S = |J0|", point, exact, whole, halved)


def _defect(matrix: np.ndarray) -> float:
    return float(np.abs(matrix - matrix.conj().T).max())
