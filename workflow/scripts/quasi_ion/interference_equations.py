"""Equations (31)-(41) and (46) of the quasi-ion paper, and those of percolation and of the fits."""

from collections.abc import Iterator, Mapping

import numpy as np

from scripts.quasi_ion.equation_rows import Row
from superion.ambipolar import (
    ambipolaron_energies,
    ambipolaron_weights,
    cross_ratios,
    electron_hopping_eV,
    onsager_matrix,
    relaxation_time_ratio,
)
from superion.percolation_levels import PercolationRegion, far_hop_factor
from superion.potential_wells import hopping_weights

STEP = 1e-4  # of ka, in finite differences
ELECTRON, ION = (1.0, 0.3), (0.2, -0.1)  # J0 and U0 in eV of a pair of bands
CELL, NEIGHBOUR = 0.5, 0.2  # K_0, K_a in eV
SCATTERING_eV = 0.25


def interference_rows(printed: Mapping) -> Iterator[Row]:
    """Rows of the section `printed_equations` of the configuration."""
    j, r = printed["hopping_ratio"], printed["density_ratio"]
    # S_q of Eq. (32) sums K_0 in the cell and K_a e^{i...} to the next one: gamma is the ratio of the two.
    yield Row("32", "gamma", "K_0 = 0.5, K_a = 0.2 eV", NEIGHBOUR / CELL, (NEIGHBOUR + CELL) / CELL, NEIGHBOUR / CELL)
    yield from _energy_rows(printed)
    for xi in printed["coupling_parameters"]:
        case = f"xi = {xi:g}"
        matrix = onsager_matrix(j, r, xi)
        scattering = np.sqrt(1 / xi**2 - 1)  # of levels +1 and -1
        state = np.linalg.eigh(np.array([[1.0, scattering], [scattering, -1.0]]))[1][:, 1]
        exact = float(state[0] ** 2)
        shares = (float(ambipolaron_weights(xi, form=form)) for form in ("printed", "corrected"))
        yield Row("35", "share of the electron in the + branch", case, exact, *shares)
        for time in (0.4, 1.0, 30.0):
            yield from _flux_rows(j, r, xi, time)
        defect = float(abs(matrix[0, 1] - matrix[1, 0]) / abs(matrix[1, 0]))
        yield Row("39", "|L_ei - L_ie| over |L_ie|", case, defect, 0.0, 0.0)
        ion, electron = (float(value) for value in cross_ratios(j, r, xi))
        yield Row("40", "alpha_i*", case, float(abs(matrix[1, 0] / matrix[1, 1])), ion, ion)
        yield Row("41", "alpha_e*", case, float(abs(matrix[0, 1] / matrix[0, 0])), electron, electron)
        for large in (1e3, 1e5):
            exact = float(relaxation_time_ratio(large, 1e3, xi))
            form = float(relaxation_time_ratio(large, 1e3, xi, form="mobile_electrons"))
            yield Row("46", "tau+/tau-", f"{case}, j = {large:g}, rho_e/rho_i = 1000", exact, form, form)
        exact = float(relaxation_time_ratio(0.02, 20.0, xi))
        form = float(relaxation_time_ratio(0.02, 20.0, xi, form="mobile_electrons"))
        yield Row("46", "tau+/tau-, j rho_e/rho_i < 1", case, exact, form, exact)
    free = onsager_matrix(j, r, 1.0, 1.0)
    yield Row(
        "below 38", "L_ei without coupling over the free-particle form", "xi = 1", float(free[0, 1]) / j, 1.0, 0.0
    )
    yield Row("below 38", "L_ii without coupling over the free-particle form", "xi = 1", float(free[1, 1]), 1.0, 1.0)
    for constant in (1.0, 5.0, 9.0):
        hopping = float(electron_hopping_eV(1.0, constant))
        yield Row("App. 5.3", "|J0e| (eV), m* = m0", f"a = {constant:g} A", hopping, 0.1, hopping)


def _energy_rows(printed: Mapping) -> Iterator[Row]:
    kbar = CELL + NEIGHBOUR
    (hop_e, site_e), (hop_i, site_i) = ELECTRON, ION
    for ka in printed["reduced_wave_numbers"]:
        case = f"ka = {ka:g}"
        electron, ion = hop_e * np.cos(ka) + site_e, hop_i * np.cos(ka) + site_i
        matrix = np.array([[electron, SCATTERING_eV], [SCATTERING_eV, ion + kbar]])
        exact = np.linalg.eigvalsh(matrix)[1]
        doubled = matrix + np.diag([site_e, site_i])
        corrected = float(ambipolaron_energies(electron, ion, SCATTERING_eV, kbar)[1])
        yield Row("33", "E+ (eV)", case, exact, np.linalg.eigvalsh(doubled)[1], corrected)
        forms = [
            float(ambipolaron_energies(electron, ion, SCATTERING_eV, kbar, form=form)[1])
            for form in ("printed", "corrected")
        ]
        yield Row("34", "E+ (eV)", case, exact, *forms)
    # (36), (37): masses at k = 0 of bands with a constant S
    points = np.array([-STEP, 0.0, STEP])
    energies = ambipolaron_energies(hop_e * np.cos(points) + site_e, hop_i * np.cos(points) + site_i, SCATTERING_eV)
    half = (hop_e + site_e - hop_i - site_i) / 2
    xi = 1 / np.hypot(1, SCATTERING_eV / half)
    for name, band, sign in (("D+", energies[1], 1), ("D-", energies[0], -1)):
        curvature = abs(band[0] - 2 * band[1] + band[2]) / STEP**2
        closed = (hop_e * (1 + sign * xi) + hop_i * (1 - sign * xi)) / 2
        yield Row("36, 37", f"hbar^2/(m* a^2) of {name} (eV)", "k = 0", curvature, closed, closed)


def _flux_rows(j: float, r: float, xi: float, time: float) -> Iterator[Row]:
    """Total flux for each gradient from Eqs. (35)-(37), over tau_- a^2 rho_i |J0i|/hbar^2, beside Eq. (38)."""
    matrix = onsager_matrix(j, r, xi, time)
    fast = time * (j * (1 + xi) / 2 + (1 - xi) / 2)
    slow = j * (1 - xi) / 2 + (1 + xi) / 2
    more, less = (1 + 1 / xi) / 2, (1 - 1 / xi) / 2  # weights of Eq. (35) as printed
    case = f"xi = {xi:g}, tau+/tau- = {time:g}"
    by_electron, by_ion = float(matrix[0, 0] + matrix[1, 0]), float(matrix[0, 1] + matrix[1, 1])
    yield Row(
        "38", "flux by the gradient of electrons", case, r * (fast * more + slow * less), by_electron, by_electron
    )
    yield Row("38", "flux by the gradient of ions", case, fast * less + slow * more, by_ion, by_ion)


def percolation_rows(percolation: Mapping) -> Iterator[Row]:
    """Rows of the section `percolation` of the configuration."""
    names = ("regular_energy_eV", "interstitial_energy_eV", "hop_eV")
    factor = far_hop_factor(percolation["energy_losses_eV"][0], percolation["thermal_energy_eV"])
    region = PercolationRegion(*(percolation[name] for name in names), factor, percolation["cross_hop_eV"])
    sites = 5
    matrices = [region.matrix(sites, form=form) for form in ("printed", "corrected")]
    defects = [float(np.abs(matrix - matrix.T).max()) for matrix in matrices]
    yield Row("App. 5.2", "distance from a symmetric matrix (eV)", f"{sites} sites", 0.0, *defects)
    i, j = 3, 4
    between = len(range(min(i, j) + 1, max(i, j)))  # sites that the ion passes
    yield Row("App. 5.2", "losses of a hop to the left neighbour", "i = j - 1", between, abs(i - j - 1), abs(i - j) - 1)
    loss, thermal = percolation["energy_losses_eV"][0], percolation["thermal_energy_eV"]
    weights = hopping_weights(2, 0.1, loss, thermal)  # densities of (12), whose square roots are the amplitudes of (15)
    amplitude = np.sqrt(weights[2] / weights[1])
    printed = np.log(far_hop_factor(loss, thermal)) * thermal / loss
    corrected = np.log(far_hop_factor(loss, thermal, amplitude=True)) * thermal / loss
    yield Row(
        "App. 5.2",
        "ln(P_1/P_0) kT/E_s by Eqs. (15), (16)",
        f"E_s = {loss:g} eV",
        np.log(amplitude) * thermal / loss,
        printed,
        corrected,
    )
