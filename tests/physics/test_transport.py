"""Diffusion, mobility and conductivity of any lattice against closed forms, random walks and the dispersion itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion import hopping, transport
from superion import lattice as lattices
from superion.spectrum import density_wave_spectrum
from superion.units import thermal_energy_eV

ROUNDING = 1e-12

names = st.sampled_from(sorted(set(lattices.BUILDERS) - {"chain"}))


def random_detailed_balance(lattice, seed):
    """Random site energies and saddle energies, the saddle the same both ways."""
    random = np.random.default_rng(seed)
    energy = random.uniform(0, 2, lattice.site_count)
    saddle = random.uniform(2.5, 4, lattice.hop_count)
    saddle = np.maximum(saddle, saddle[lattice.reverse_hop()])
    return 0.1 * np.exp(energy[lattice.origin] - saddle), np.exp(-energy)


@given(names, st.integers(0, 10**6))
def test_tensor_is_symmetric_positive_semidefinite_and_obeys_einstein(name, seed):
    lattice = lattices.BUILDERS[name]()
    probability, population = random_detailed_balance(lattice, seed)
    tensor = transport.diffusion_tensor(lattice, probability)
    np.testing.assert_allclose(tensor.population, population / population.sum(), rtol=1e-9)
    scale = np.trace(tensor.total)
    np.testing.assert_allclose(tensor.total, tensor.total.T, atol=ROUNDING * scale)
    assert np.linalg.eigvalsh(tensor.total).min() > -ROUNDING * scale
    # Backward correlations can only slow ions down.
    assert np.linalg.eigvalsh(tensor.direct - tensor.total).min() > -ROUNDING * scale
    for split, ratio in (("thermodynamic", 1), ("paper", 2)):
        mobility = transport.drift_mobility(lattice, probability, field_split=split)
        np.testing.assert_allclose(mobility, ratio * tensor.total, atol=1e-10 * scale)
        np.testing.assert_allclose(transport.einstein_ratio(lattice, probability, field_split=split), ratio, rtol=1e-10)


@given(names, st.integers(0, 10**6))
def test_curvature_of_the_stable_branch_is_the_diffusion_tensor(name, seed):
    """p+(k) = 1 - k.D.k + O(k^4): diagonalisation, an independent route to D."""
    lattice = lattices.BUILDERS[name]()
    probability, _ = random_detailed_balance(lattice, seed)
    tensor = transport.diffusion_tensor(lattice, probability).total
    k = 1e-3 * np.random.default_rng(seed).normal(size=(3, lattice.dimension))
    stable = density_wave_spectrum(lattice, probability, k).eigenvalue[:, 0]
    curvature = np.einsum("km,mn,kn->k", k, tensor, k)
    np.testing.assert_allclose(1 - stable.real, curvature, rtol=1e-4, atol=1e-14)  # k^4 terms; eps over k^2


@given(names, st.integers(0, 10**6), st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3))
def test_mobility_is_the_derivative_of_the_drift_at_any_field(name, seed, field):
    lattice = lattices.BUILDERS[name]()
    probability, _ = random_detailed_balance(lattice, seed)
    f, h = np.array(field[: lattice.dimension]), 1e-4
    steps = h * np.eye(lattice.dimension)
    slope = (
        transport.drift_velocity(lattice, probability, f + steps)
        - transport.drift_velocity(lattice, probability, f - steps)
    ).T / (2 * h)
    mobility = transport.drift_mobility(lattice, probability, f)
    np.testing.assert_allclose(mobility, slope, atol=1e-6 * np.abs(mobility).max())


@given(names, st.integers(0, 10**6), st.lists(st.floats(0.01, 1.5), min_size=3, max_size=3))
def test_no_drift_without_field_and_power_is_dissipated(name, seed, field):
    lattice = lattices.BUILDERS[name]()
    probability, _ = random_detailed_balance(lattice, seed)
    f = np.array(field[: lattice.dimension])
    assert np.abs(transport.drift_velocity(lattice, probability, 0 * f)).max() < ROUNDING
    assert transport.drift_velocity(lattice, probability, f) @ f > 0


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=7), st.integers(0, 10**6))
def test_chain_of_any_length_in_series(spacings, seed):
    """One dimension: D = a^2/(tau sum 1/c_i), c_i = pi_i P_i->i+1: bond conductances in series."""
    lattice = lattices.chain(spacings) if len(spacings) > 2 else lattices.chain([*spacings, 0.4, 0.2])
    probability, _ = random_detailed_balance(lattice, seed)
    tensor = transport.diffusion_tensor(lattice, probability)
    conductance = (tensor.population[lattice.origin] * probability)[::2]
    np.testing.assert_allclose(tensor.total[0, 0], lattice.volume**2 / (1 / conductance).sum(), rtol=1e-9)


@pytest.mark.parametrize("spacing", [0.1, 0.25, 0.5, 0.8])
def test_two_site_chain_does_not_know_its_spacing(spacing):
    """P0 (1 - gamma^2) a^2/8: the sum over independent hops alone would be 25 % too high at a quarter cell."""
    chain = lattices.two_site_chain(spacing=spacing)
    tensor = transport.diffusion_tensor(chain, hopping.polarized_probability(chain, 0.6, 0.3))
    np.testing.assert_allclose(tensor.total[0, 0], 0.06825, atol=ROUNDING)
    if spacing == 0.25:
        np.testing.assert_allclose(
            [tensor.direct[0, 0], tensor.correction[0, 0]], [0.0853125, -0.0170625], atol=ROUNDING
        )


def test_breathing_kagome_star_triangle():
    """D = a^2 g_u g_d/2(g_u + g_d), from the star-triangle transformation."""
    lattice = lattices.kagome(1.3)
    tensor = transport.diffusion_tensor(lattice, np.where(lattice.hop_kind == 0, 0.11, 0.03))
    np.testing.assert_allclose(tensor.total, 1.3**2 * 0.11 * 0.03 / (2 * 0.14) * np.eye(2), atol=ROUNDING)
    np.testing.assert_allclose(tensor.direct, 1.3**2 * 0.0175 * np.eye(2), atol=ROUNDING)


@pytest.mark.parametrize("name", ["square", "triangular", "simple_cubic", "bcc", "fcc", "bcc_tetrahedral"])
def test_equal_sites_diffuse_like_a_free_walk(name):
    """D = P0 l^2/2d for equal sites with hops of length l."""
    lattice = lattices.BUILDERS[name](2.0)
    length = np.linalg.norm(lattice.displacement[0])
    tensor = transport.diffusion_tensor(lattice, hopping.polarized_probability(lattice, 0.5))
    np.testing.assert_allclose(
        tensor.total, 0.5 * length**2 / (2 * lattice.dimension) * np.eye(lattice.dimension), atol=ROUNDING
    )


def test_random_walk_agrees():
    """Mean square displacement of 40000 walkers on the octahedral-tetrahedral network: 3 standard errors."""
    lattice = lattices.fcc_octahedral_tetrahedral()
    probability = hopping.polarized_probability(lattice, 0.9, 0.5)
    tensor = transport.diffusion_tensor(lattice, probability)
    random = np.random.default_rng(7)
    walkers, steps = 40_000, 200
    site = random.choice(lattice.site_count, walkers, p=tensor.population)
    table = np.zeros((lattice.site_count, lattice.hop_count))
    table[lattice.origin, np.arange(lattice.hop_count)] = probability
    cumulative = table.cumsum(1)
    move = np.vstack([lattice.displacement, np.zeros(3)])
    target = lattice.destination
    position = np.zeros((walkers, 3))
    for _ in range(steps):
        hop = (random.random(walkers)[:, None] > cumulative[site]).sum(1)
        position += move[hop]
        site = np.where(hop < lattice.hop_count, target[np.minimum(hop, lattice.hop_count - 1)], site)
    square = (position**2).sum(1)
    # Early correlations add a constant to the mean square displacement, here below a cell squared: 0.5 % of it.
    error = 3 * square.std() / np.sqrt(walkers) / (6 * steps) + 0.1 / (6 * steps)
    assert abs(square.mean() / (6 * steps) - np.trace(tensor.total) / 3) < error


def test_honeycomb_in_strong_fields_against_published_values():
    lattice = lattices.honeycomb()
    probability = hopping.polarized_probability(lattice, 0.5, 0.4)
    fields = [[1, 0.5], [3, 0], [3 * np.cos(np.pi / 6), 1.5]]
    drift = transport.drift_velocity(lattice, probability, fields, field_split="paper")
    expected = [[0.0733068080791, 0.03662982545623], [0.2980991237133, 0], [0.2328909333199, 0.134459643044]]
    np.testing.assert_allclose(drift, expected, atol=1e-12)
    reverse = transport.drift_velocity(lattice, probability, [[0, 3], [0, -3]], field_split="paper").sum(0) / 2
    np.testing.assert_allclose(reverse, [0, 0.01555328032383], atol=1e-12)


def test_nernst_einstein_in_si():
    """n Z^2 D/(V kT): 1 ion in 100 A^3, D = 1e-5 cm^2/s = 0.1 A^2/ps, 500 K -> 0.3718 S/cm by hand."""
    sigma = transport.nernst_einstein_conductivity_S_per_cm(0.1, 1, 100, 500)
    by_hand = 1e28 * (1.602176634e-19) ** 2 * 1e-9 / (1.380649e-23 * 500) / 100
    np.testing.assert_allclose(sigma, by_hand, rtol=ROUNDING)
    np.testing.assert_allclose(transport.nernst_einstein_conductivity_S_per_cm(0.1, 1, 100, 500, 2), 4 * by_hand)


def test_disjoint_sets_of_sites_are_refused():
    lattice = lattices.Lattice([[1.0]], [[0], [0.5]], [0, 0, 1, 1], [0, 0, 1, 1], [[1], [-1], [1], [-1]])
    with pytest.raises(ValueError, match="no hop joins the sets of sites around 'a', 'b'"):
        transport.diffusion_tensor(lattice, [0.1] * 4)


@given(names, st.integers(0, 10**6), st.floats(-290, 0))
def test_slow_hops_keep_their_digits(name, seed, exponent):
    """D/P does not depend on P, also where 1 - P is 1 to rounding: hops at 100 K have probabilities of 1e-40."""
    lattice = lattices.BUILDERS[name]()
    probability, _ = random_detailed_balance(lattice, seed)
    fast = transport.diffusion_tensor(lattice, probability)
    slow = transport.diffusion_tensor(lattice, 10.0**exponent * probability)
    scale = np.abs(fast.total).max()
    np.testing.assert_allclose(slow.total / 10.0**exponent, fast.total, rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(slow.population, fast.population, rtol=1e-12)


def test_rare_sites_keep_their_digits():
    """Populations of sites 1.5 eV apart at 300 K, 1e-25 of each other, from the hops alone."""
    lattice = lattices.fcc_octahedral_tetrahedral()
    energy = np.array([0.0, 1.5, 0.7])
    probability = hopping.thermal_probability(lattice, energy, 1.8, 300.0)
    expected = np.exp(-energy / thermal_energy_eV(300.0))
    population = transport.stationary_population(hopping.hopping_matrix(lattice, probability))
    np.testing.assert_allclose(population, expected / expected.sum(), rtol=1e-11)


@pytest.mark.parametrize(("gamma", "expected"), [(1.0, [1, 0]), (-1.0, [0, 1])])
def test_full_polarization_empties_a_sublattice(gamma, expected):
    chain = lattices.two_site_chain()
    tensor = transport.diffusion_tensor(chain, hopping.polarized_probability(chain, [0.3, 0.4], gamma))
    np.testing.assert_allclose(tensor.population, [expected] * 2, atol=ROUNDING)
    np.testing.assert_allclose(tensor.total, 0, atol=ROUNDING)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: transport.stationary_population(np.eye(2)), "matrix must have hops that join all sites"),
        (lambda c: transport.stationary_population([0.5, 0.5]), "matrix must be square"),
        (lambda c: transport.diffusion_tensor(c, [0.1, np.nan, 0.1, 0.1]), "probability must be .* got nan"),
        (lambda c: transport.diffusion_tensor(c, [0.1] * 4, time_step=0), "time_step must be finite and above 0"),
        (lambda c: transport.drift_velocity(c, [0.1] * 4, [np.nan]), "field must be finite, got nan"),
        (lambda c: transport.nernst_einstein_conductivity_S_per_cm(1, 1, 0, 300), "cell_volume_A3 must be .* above 0"),
        (lambda c: transport.nernst_einstein_conductivity_S_per_cm(1, 1, 9, 0), "temperature_K must be .* above 0"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call(lattices.two_site_chain())


def test_ions_that_do_not_hop_have_no_ratios():
    chain = lattices.two_site_chain()
    frozen = hopping.polarized_probability(chain, [0.0, 0.3], 0.5)
    assert hopping.largest_admissible_scale(chain, frozen)[0] == np.inf
    assert hopping.detailed_balance_defect(chain, frozen, [0.25, 0.75])[0] == 0
    stuck = hopping.polarized_probability(chain, [0.3, 0.3], [0.5, 1.0])
    ratio = transport.einstein_ratio(chain, stuck)
    np.testing.assert_allclose(ratio, [1, np.nan], rtol=ROUNDING)


def test_hops_that_drive_a_current_diffuse_by_the_spread_about_the_drift():
    """Biased chain of one site: right with p, left with q: D = [p + q - (p - q)^2]/2, and |p_k| = 1 - k D k."""
    chain = lattices.chain([1.0])
    p, q = 0.45, 0.05
    probability = np.where(chain.displacement[:, 0] > 0, p, q)
    tensor = transport.diffusion_tensor(chain, probability)
    np.testing.assert_allclose(tensor.total[0, 0], (p + q - (p - q) ** 2) / 2, rtol=ROUNDING)
    spectrum = density_wave_spectrum(chain, probability, [[1e-3]])
    np.testing.assert_allclose(spectrum.decay_rate[0, 0], 1e-6 * tensor.total[0, 0], rtol=1e-5)  # k^4 terms
    ring = np.where(chain.displacement[:, 0] > 0, 1.0, 0.0)  # every ion one step to the right: no diffusion at all
    np.testing.assert_allclose(transport.diffusion_tensor(chain, ring).total, 0, atol=ROUNDING)


def test_series_diffusion_refuses_what_is_no_chain():
    square = lattices.square()
    with pytest.raises(ValueError, match=r"must be a chain with two hops a site, got coordinations \[4\]"):
        transport.series_diffusion(square, [0.1] * 4)


@given(st.lists(st.floats(0.05, 1), min_size=3, max_size=7), st.integers(0, 10**6))
def test_series_diffusion_agrees_with_the_tensor(spacings, seed):
    lattice = lattices.chain(spacings)
    probability, _ = random_detailed_balance(lattice, seed)
    series = transport.series_diffusion(lattice, probability)
    np.testing.assert_allclose(series, transport.diffusion_tensor(lattice, probability).total[0, 0], rtol=1e-9)
