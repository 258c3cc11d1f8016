"""Density waves: eigenvalues and velocities of the two-site chain, symmetry, duality; Fig. 3(c)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superion import hopping
from superion import lattice as lattices
from superion.spectrum import density_wave_spectrum

ROUNDING = 1e-12


def chain_spectrum(p0, gamma, fa, ka, **options):
    chain = lattices.two_site_chain()
    probability = hopping.dressed_probability(chain, hopping.polarized_probability(chain, p0, gamma), [fa], "paper")
    return density_wave_spectrum(chain, probability, np.atleast_1d(ka)[:, None], fourier_sign=1, **options)


def test_eigenvalues_without_field():
    np.testing.assert_allclose(
        chain_spectrum(0.6, 0.3, 0, 0.7).eigenvalue[0], [0.9669930778036, -0.1669930778036], atol=ROUNDING
    )


def test_fig_3c():
    spectrum = chain_spectrum(0.6, 0.88, 0.5, [np.pi / 4, np.pi / 2, np.pi], allow_negative=True)
    expected = [0.989191858718 + 0.01230415570086j, 0.9621114402675 + 0.01821180774486j, 0.9209589604691]
    np.testing.assert_allclose(spectrum.eigenvalue[:, 0], expected, atol=ROUNDING)
    assert (spectrum.frequency[:2, 0] > 0).all()


def test_group_velocity_is_the_slope_of_the_frequency_and_points_along_the_drift():
    ka = np.array([0.4 - 1e-5, 0.4, 0.4 + 1e-5])
    spectrum = chain_spectrum(0.5, 0.3, 0.8, ka)
    slope = (spectrum.frequency[2, 0] - spectrum.frequency[0, 0]) / 2e-5
    np.testing.assert_allclose(spectrum.group_velocity[1, 0, 0], slope, rtol=1e-8)
    assert slope > 0
    chain = lattices.two_site_chain()
    dressed = hopping.dressed_probability(chain, hopping.polarized_probability(chain, 0.5, 0.3), [0.8], "paper")
    other = density_wave_spectrum(chain, dressed, ka[:, None])  # the phase of Eq. (12)
    np.testing.assert_allclose(other.group_velocity[:, 0], spectrum.group_velocity[:, 0], rtol=1e-9)
    np.testing.assert_allclose(other.frequency[:, 0], -spectrum.frequency[:, 0], rtol=1e-9)


@given(
    st.sampled_from(["honeycomb", "kagome", "fcc_octahedral_tetrahedral", "bcc_tetrahedral"]),
    st.floats(0.05, 0.5),
    st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3),
)
def test_left_and_right_eigenvectors_are_dual_and_rebuild_the_matrix(name, p0, fractions):
    lattice = lattices.BUILDERS[name]()
    probability = hopping.polarized_probability(lattice, p0, 0.3 if lattice.site_polarity.any() else 0)
    k = lattice.wave_vectors([fractions[: lattice.dimension]])
    spectrum = density_wave_spectrum(lattice, probability, k)
    matrix = hopping.hopping_matrix(lattice, probability, k)[0]
    rebuilt = spectrum.right[0] @ np.diag(spectrum.eigenvalue[0]) @ spectrum.left[0]
    np.testing.assert_allclose(rebuilt, matrix, atol=1e-9)  # degenerate branches lose digits in the dual basis
    assert (np.abs(spectrum.eigenvalue) < 1 + ROUNDING).all()
    np.testing.assert_allclose(np.diff(spectrum.eigenvalue[0].real) < 1e-9, True)


def test_detailed_balance_gives_real_eigenvalues():
    lattice = lattices.fcc_octahedral_tetrahedral()
    probability = hopping.thermal_probability(lattice, [0.1, 0, 0.05], 0.3, 700)
    k = lattice.wave_vectors(np.random.default_rng(3).uniform(-0.5, 0.5, (20, 3)))
    spectrum = density_wave_spectrum(lattice, probability, k)
    assert np.abs(spectrum.eigenvalue.imag).max() < ROUNDING


def test_degenerate_branches_have_no_velocity_of_their_own():
    lattice = lattices.bcc_tetrahedral()
    spectrum = density_wave_spectrum(lattice, hopping.polarized_probability(lattice, 0.4), [[0.0, 0.0, 0.0]])
    assert spectrum.degenerate[0].tolist().count(False) >= 1
    assert np.isnan(spectrum.group_velocity[spectrum.degenerate]).all()
    assert np.isfinite(spectrum.group_velocity[~spectrum.degenerate]).all()


def test_alternating_mode_at_full_hopping_is_as_long_lived_as_the_stable_one():
    """P0 = 1, gamma = 0: p- = -1 at Gamma, |p-| = 1; its frequency is pi/tau."""
    spectrum = chain_spectrum(1.0, 0.0, 0.0, 0.0)
    np.testing.assert_allclose(spectrum.eigenvalue[0], [1, -1], atol=ROUNDING)
    np.testing.assert_allclose(abs(spectrum.frequency[0, 1]), np.pi, atol=ROUNDING)


def test_merging_branches_have_no_velocity():
    """Exceptional point of the chain: gamma^2 = (1 - gamma^2) tanh^2(s f a/2) at k a = pi, where Eq. (33) has a
    double root with one pattern. Rounding parts the branches by 1e-8, and their slopes mean nothing."""
    gamma = 0.3
    field = 2 * np.arctanh(gamma / np.sqrt(1 - gamma**2))  # s = 1
    assert chain_spectrum(0.4, gamma, field, np.pi).degenerate.all()
    apart = chain_spectrum(0.4, gamma, field, np.pi - 0.01)
    assert not apart.degenerate.any()
    step = chain_spectrum(0.4, gamma, field, np.pi - 0.01 + 1e-6 * np.array([-1, 1])).frequency[:, 0]
    np.testing.assert_allclose(apart.group_velocity[0, 0, 0], np.diff(step)[0] / 2e-6, rtol=1e-5)


def test_real_spectra_have_no_sign_left_to_rounding():
    """arg p of a negative eigenvalue is +pi on all of the branch."""
    chain = lattices.two_site_chain(spacing=0.25)
    probability = hopping.polarized_probability(chain, 0.6, 0.3)
    k = np.linspace(0, 2 * np.pi, 101)[:, None]
    spectrum = density_wave_spectrum(chain, probability, k)
    assert np.abs(spectrum.eigenvalue.imag).max() == 0
    assert set(np.unique(spectrum.frequency)) <= {0.0, np.pi}
