"""Each printed closed form of the two-site models beside the hopping matrix it stands for, and its corrected form."""

import numpy as np

from superion import lattice as lattices
from superion import two_site
from superion.hopping import dressed_probability, hopping_matrix, polarized_probability
from superion.spectrum import density_wave_spectrum
from superion.transport import diffusion_tensor, drift_mobility, drift_velocity

LONG_WAVES = 0.05  # ka below which rounding drowns a remainder divided by a power of ka
CHARGE_NUMBER = 2.0  # of the ion in the comparison of Eq. (42), whose printed form lacks Z: any value but 1 shows it


def eigen(lattice, probability, wave_vectors):
    """Spectrum at one wave vector for each row of probabilities, in the phase convention of Eq. (31)."""
    each = [
        density_wave_spectrum(lattice, row, k, fourier_sign=1) for row, k in zip(probability, wave_vectors, strict=True)
    ]
    value = np.array([s.eigenvalue[0] for s in each])
    right = np.array([s.right[0, :, 0] for s in each])
    velocity = np.array([s.group_velocity[0, 0] for s in each])
    return value, right, velocity


def chain_rows(p0, gamma, ka, fa):
    """Equations (26)-(42) on the chain: (equation, quantity, exact, printed, corrected)."""
    chain = lattices.two_site_chain()
    still = polarized_probability(chain, p0, gamma)
    moving = dressed_probability(chain, still, fa[:, None], "paper")
    paper = {"field_split": "paper"}
    value, right, _ = eigen(chain, still, ka)
    plus, minus = two_site.chain_eigenvalues(p0, gamma, ka)
    yield "26", "eigenvalue p+", value[:, 0].real, plus, plus
    yield "26", "eigenvalue p-", value[:, 1].real, minus, minus
    kappa = 1 - np.abs(value[:, 0])
    long = ka < LONG_WAVES
    with np.errstate(divide="ignore", invalid="ignore"):
        exponential = np.where(long, np.nan, (-np.log1p(-kappa) - kappa) / kappa**2)
    yield "18", "(-ln|p| - kappa tau)/(kappa tau)^2", exponential, np.zeros_like(ka), 0.5 + kappa / 3
    second = two_site.chain_decay_rate_expansion(p0, gamma, ka)
    yield "27", "decay rate over (ka/2)^2", kappa / (ka / 2) ** 2, second / (ka / 2) ** 2, second / (ka / 2) ** 2
    quartic = (two_site.chain_decay_rate_expansion(p0, gamma, ka, order=4) - second) / (ka / 2) ** 4
    exact = np.where(long, np.nan, (kappa - second) / (ka / 2) ** 4)
    yield "27", "quartic coefficient", exact, np.zeros_like(quartic), quartic
    polarization = ((right[:, 0] - right[:, 1]) / (right[:, 0] + right[:, 1])).real
    printed = two_site.chain_microscopic_polarization_expansion(gamma, ka, form="printed")
    corrected = two_site.chain_microscopic_polarization_expansion(gamma, ka)
    yield "29", "microscopic polarization", polarization, printed, corrected
    scale = (ka / 2) ** 2
    exact_shift = (polarization - gamma) / scale
    yield "29", "k^2 coefficient", exact_shift, (printed - gamma) / scale, (corrected - gamma) / scale
    ratio_gamma = two_site.chain_density_ratio(gamma).real
    at_gamma = eigen(chain, moving, 0 * ka)
    yield "28", "u_b/u_a at k = 0 in a field", (at_gamma[1][:, 1] / at_gamma[1][:, 0]).real, ratio_gamma, ratio_gamma
    value, right, _ = eigen(chain, moving, ka)
    plus, minus = two_site.chain_eigenvalues(p0, gamma, ka, fa, **paper)
    yield "33", "real part of p+", value[:, 0].real, plus.real, plus.real
    yield "33", "imaginary part of p+", value[:, 0].imag, plus.imag, plus.imag
    yield "33", "real part of p-", value[:, 1].real, minus.real, minus.real
    yield "33", "imaginary part of p-", value[:, 1].imag, minus.imag, minus.imag
    from_twelve = np.array(
        [np.linalg.eigvals(hopping_matrix(chain, row, k)[0]) for row, k in zip(moving, ka, strict=True)]
    )
    from_twelve = np.take_along_axis(from_twelve, from_twelve.real.argmax(-1)[:, None], -1)[:, 0]
    yield "31", "imaginary part of p+ from Eqs. (12), (30)", from_twelve.imag, plus.imag, -plus.imag
    linear = p0 * (1 - gamma**2) * ka * fa / 4
    yield "34", "imaginary part of p+ over ka", value[:, 0].imag / ka, linear / ka, plus.imag / ka
    omega = np.angle(value[:, 0])
    printed = two_site.chain_weak_field_frequency(p0, gamma, ka, fa, form="printed", **paper)
    corrected = two_site.chain_weak_field_frequency(p0, gamma, ka, fa, **paper)
    yield "35", "frequency", omega, printed, corrected
    strong = two_site.chain_strong_field_frequency(p0, gamma, ka, fa, **paper)
    yield "41", "frequency", omega, strong, strong
    yield (
        "36",
        "group velocity",
        at_gamma[2][:, 0],
        *[two_site.chain_group_velocity(p0, gamma, fa, limit="weak", **paper)] * 2,
    )
    exact_velocity = two_site.chain_group_velocity(p0, gamma, fa, **paper)
    yield "36", "group velocity, any field", at_gamma[2][:, 0], exact_velocity, exact_velocity
    polarized = drift_velocity(chain, still, fa[:, None], **paper)[:, 0]  # growth of the polarization sum r n
    yield "17", "current of a drifting density over Z", at_gamma[2][:, 0], -polarized, polarized
    ratio = right[:, 1] / right[:, 0]
    weak = two_site.chain_density_ratio(gamma, ka, fa, approximation="weak_field", **paper)
    first = two_site.chain_density_ratio(gamma, ka, fa, approximation="first_order", **paper)
    yield "37", "imaginary part of u_b/u_a over ka", ratio.imag / ka, weak.imag / ka, first.imag / ka
    rest = drift_mobility(chain, still, **paper)[:, 0, 0]
    sigma = two_site.chain_conductivity(p0, gamma, **paper)
    yield "38", "conductivity", rest, sigma, sigma
    in_motion = np.array(
        [hopping_matrix(chain, row, k, fourier_sign=1)[0, 0, 1] for row, k in zip(moving, ka, strict=True)]
    )
    at_rest = hopping_matrix(chain, moving)[:, 0, 1]
    remainder = np.where(long, np.nan, (in_motion / at_rest - 1 - 0.5j * ka * np.tanh(fa / 2)).real / ka**2)
    yield "40", "remainder over (ka)^2", remainder, np.zeros_like(ka), np.full_like(ka, -1 / 8)
    differential = drift_mobility(chain, still, fa[:, None], **paper)[:, 0, 0] / rest
    printed = two_site.field_enhancement(fa, form="printed", charge_number=CHARGE_NUMBER, **paper)
    yield "42", "differential conductivity over weak", differential, printed, two_site.field_enhancement(fa, **paper)
    diffusion = diffusion_tensor(chain, still).total[:, 0, 0]
    one = np.ones_like(ka)
    yield "30", "mobility kT/Z over D, barrier shifted by the whole drop", rest / diffusion, one, 2 * one
    crowded, empty = (1 + gamma) / 2, (1 - gamma) / 2  # densities of Eq. (44) at n0 = 1
    shift = crowded * p0 * (1 - gamma) / 2  # hops off site a, which lower the barrier off site b
    printed = p0 * (1 - gamma**2) / 4
    yield "53", "lowering of the barrier off b over M0 n0", shift, printed, printed
    yield "53", "lowering of the barrier off a over M0 n0", empty * p0 * (1 + gamma) / 2, printed, printed
    half = drift_mobility(chain, still, field_split="thermodynamic")[:, 0, 0]
    yield "30", "mobility kT/Z over D, barrier shifted by half the drop", half / diffusion, one, one


def honeycomb_rows(p0, gamma, ka, fa):
    """Equations (A1)-(A8) on the honeycomb."""
    honeycomb = lattices.honeycomb()
    k, f = np.column_stack([ka, 0 * ka]), np.column_stack([fa, fa / 2])
    still = polarized_probability(honeycomb, p0, gamma)
    moving = dressed_probability(honeycomb, still, f, "paper")
    paper = {"field_split": "paper"}
    value, _, _ = eigen(honeycomb, moving, k)
    dressed = two_site.honeycomb_eigenvalues(p0, gamma, k, f, **paper)[0]
    undressed = two_site.honeycomb_eigenvalues(p0, gamma, k, f, diagonal="undressed", **paper)[0]
    yield "A3", "real part of p+", value[:, 0].real, undressed.real, dressed.real
    yield "A3", "imaginary part of p+", value[:, 0].imag, undressed.imag, dressed.imag
    gamma_point = hopping_matrix(honeycomb, moving)
    printed_matrix = hopping_matrix(honeycomb, moving, diagonal_probability=still)
    columns = gamma_point.sum(-2).max(-1)
    labelled = hopping_matrix(honeycomb, 3 * still, diagonal_probability=still)  # the labels of Fig. 5 lack 1/3
    yield "Fig. 5", "largest column sum of the labelled hops", columns, labelled.sum(-2).max(-1), np.ones_like(ka)
    yield "A1", "largest column sum in a field", columns, printed_matrix.sum(-2).max(-1), np.ones_like(ka)
    product = two_site.honeycomb_structure_factor(k, f, **paper) * two_site.honeycomb_structure_factor(-k, -f, **paper)
    printed = two_site.honeycomb_structure_product_expansion(k, f, form="printed", **paper)
    corrected = two_site.honeycomb_structure_product_expansion(k, f, order=4, **paper)
    yield "A4", "real part of Omega(k,f) Omega(-k,-f)", product.real, printed.real, corrected.real
    yield "A4", "imaginary part of Omega(k,f) Omega(-k,-f)", product.imag, printed.imag, corrected.imag
    drift = drift_velocity(honeycomb, still, f, **paper)
    weak = two_site.honeycomb_group_velocity(p0, gamma, f, **paper)
    exact = two_site.honeycomb_drift_velocity(p0, gamma, f, **paper)
    yield "A7", "drift velocity along x", drift[:, 0], weak[:, 0], exact[:, 0]
    mobility = drift_mobility(honeycomb, still, **paper)
    sigma = two_site.honeycomb_conductivity(p0, gamma, **paper)
    yield "A8", "conductivity xx", mobility[:, 0, 0], sigma, sigma
    yield "A8", "conductivity yy", mobility[:, 1, 1], sigma, sigma
    yield "A8", "conductivity xy", mobility[:, 0, 1], np.zeros_like(ka), np.zeros_like(ka)
    diffusion = diffusion_tensor(honeycomb, still).total
    one = np.ones_like(ka)
    yield "A8", "mobility kT/Z over D", mobility[:, 0, 0] / diffusion[:, 0, 0], one, 2 * one
