"""Thermal vibrations: variances and covariances against sums over modes, samples against both, exact motion."""

from itertools import islice, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion.harmonic_crystals import simple_cubic_crystal, spring_crystal
from superion.phonons import dynamical_matrices, phonon_mesh
from superion.recoil_kernels import recoil_kernel
from superion.thermal_vibrations import (
    BATHS,
    REDUCED_PLANCK_meV_PS,
    Vibration,
    mode_variances,
    sample_vibration,
    vibration_at,
    vibration_covariance,
    vibration_field,
    vibration_frames,
)

ROUNDING = 1e-12  # some roundings, relative
SINGLE = 3e-6  # frames are summed in single precision
STANDARD_ERRORS = 3.0  # seeds are fixed: a sample either stays within or not

hbar = REDUCED_PLANCK_meV_PS


def printed_crystal():
    return simple_cubic_crystal(3.0, [520, 170], 3.5)


def zincblende():
    cell = 2.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    return spring_crystal(cell, np.array([[0, 0, 0], [1.25, 1.25, 1.25]]), [2.0, 5.0], [300.0, 40.0])


CRYSTALS = [printed_crystal, zincblende]


def sampled_within(values, expected):
    """The mean of independent draws (D, ...) is the expected one within its standard error."""
    error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    np.testing.assert_array_less(np.abs(np.mean(values, axis=0) - expected), STANDARD_ERRORS * error + 1e-15)


# ---- variances ---------------------------------------------------------------------------------------------------


def test_quantum_of_action():
    assert pytest.approx(0.6582119569, abs=1e-10) == REDUCED_PLANCK_meV_PS


@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("of", ["displacements", "velocities"])
@pytest.mark.parametrize("build", CRYSTALS)
def test_covariance_is_the_sum_of_eq_24(build, bath, of):
    crystal, (n1, n2, n3), time, thermal = build(), (3, 4, 2), 0.23, 7.0
    size = 3 * crystal.atom_count
    cells = np.array(list(product(range(n1), range(n2), range(n3))))
    expected = np.zeros((len(cells), size, size), complex)
    roots = np.repeat(np.sqrt(crystal.masses), 3)
    for q in cells / [n1, n2, n3]:
        squares, modes = np.linalg.eigh(dynamical_matrices(crystal, q))
        for square, eta in zip(squares, modes.T, strict=True):
            if square < 1e-6:
                continue  # the uniform shift
            omega = np.sqrt(square)
            mean = thermal if bath == "classical" else hbar * omega / 2 / np.tanh(hbar * omega / (2 * thermal))
            weight = mean / (1 if of == "velocities" else square) * np.cos(omega * time)
            phase = np.exp(2j * np.pi * cells @ q) / len(cells)
            expected += phase[:, None, None] * np.outer(eta, eta.conj()) * weight / (roots[:, None] * roots)
    covariance = vibration_covariance(phonon_mesh(crystal, (n1, n2, n3)), time, thermal, bath, of=of)[0]
    np.testing.assert_allclose(
        covariance.reshape(expected.shape), expected.real, atol=ROUNDING * 10 * np.abs(covariance).max()
    )


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 200))
def test_classical_covariance_is_the_recoil_times_the_thermal_energy(thermal):
    """C(t) = kT W(t): what the lattice does by itself is how it answers a force."""
    mesh = phonon_mesh(printed_crystal(), 4)
    covariance = vibration_covariance(mesh, [0.0, 0.2], thermal, "classical")
    expected = thermal * recoil_kernel(mesh, [0.0, 0.2])
    np.testing.assert_allclose(covariance, expected, atol=ROUNDING * expected.max())


@settings(deadline=None, max_examples=20)
@given(st.floats(0.1, 100))
def test_quantum_variance_is_above_the_classical_and_meets_it_when_hot(thermal):
    """coth x - 1/x is between 0 and x/3: (hbar Omega/kT)^2/12 is the first quantum correction."""
    mesh = phonon_mesh(printed_crystal(), 3)
    quantum, classical = mode_variances(mesh, thermal), mode_variances(mesh, thermal, "classical")
    modes = mesh.frequencies > 0
    excess = quantum[modes] / classical[modes] - 1
    bound = (hbar * mesh.frequencies[modes] / thermal) ** 2 / 12
    assert np.all(excess >= 0)
    assert np.all(excess <= bound + ROUNDING)
    assert np.all(quantum[~modes] == 0)


def test_a_cold_quantum_bath_keeps_its_zero_point_motion():
    mesh = phonon_mesh(printed_crystal(), 3)
    modes = mesh.frequencies > 0
    at_zero = mode_variances(mesh, 0.0)
    np.testing.assert_allclose(at_zero[modes], hbar / (2 * mesh.frequencies[modes]), rtol=ROUNDING)
    np.testing.assert_allclose(mode_variances(mesh, 1e-3)[modes], at_zero[modes], rtol=ROUNDING)
    assert np.all(mode_variances(mesh, 0.0, "classical") == 0)


# sigma_r in A, sigma_v in A/ps by thermal energy in meV, known to three or four digits. sigma_r grows with the mesh:
# that of 84^3 has all its digits, of 60^3 (as in Fig. 1) those of the cold ones; sigma_v is the same on any mesh.
WIDTHS = {0: (0.0698, 1.42), 5: (0.0808, 1.52), 25: (0.1547, 2.71), 50: (0.2173, 3.79)}


def test_widths_of_the_printed_crystal():
    cells = 84
    mesh = phonon_mesh(printed_crystal(), cells)
    weights = mesh.multiplicity[:, None] / (3 * 3.5 * cells**3)
    for thermal, (sigma_r, sigma_v) in WIDTHS.items():
        variances = mode_variances(mesh, thermal)
        assert np.sqrt((variances * weights).sum()) == pytest.approx(sigma_r, abs=5.1e-5)
        assert np.sqrt((variances * mesh.frequencies**2 * weights).sum()) == pytest.approx(sigma_v, abs=5.1e-3)


# ---- samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thermal", [0.0, 4.0, 60.0])
@pytest.mark.parametrize("bath", BATHS)
def test_mean_squares_of_sampled_modes(bath, thermal):
    mesh = phonon_mesh(zincblende(), (3, 4, 4))
    generator = np.random.default_rng(11)
    draws = [sample_vibration(mesh, thermal, generator, bath) for _ in range(300)]
    expected = mode_variances(mesh, thermal, bath)
    stiff = mesh.frequencies > 0
    for part in ("displacement", "velocity"):
        squares = np.array([np.abs(getattr(draw, part)) ** 2 for draw in draws])
        assert np.all(squares[:, ~stiff] == 0)
        relative = squares[:, stiff] / np.where(expected[stiff] > 0, expected[stiff], 1.0)
        sampled_within(relative.mean(axis=1), 0.0 if bath == "classical" and thermal == 0 else 1.0)


def test_excitations_of_a_quantum_bath_are_geometric():
    """At q = -q a mode is one oscillator: its energy is hbar Omega (n + 1/2), n >= k with probability e^(-k x)."""
    mesh, thermal = phonon_mesh(printed_crystal(), 2), 12.0
    generator = np.random.default_rng(12)
    stiff = mesh.frequencies > 0
    quanta = []
    for _ in range(2000):
        draw = sample_vibration(mesh, thermal, generator)
        squares = np.abs(draw.displacement) ** 2 + np.abs(draw.velocity) ** 2
        quanta.append((squares * mesh.frequencies / (2 * hbar) - 0.5)[stiff])
    quanta = np.array(quanta)
    np.testing.assert_allclose(quanta, np.round(quanta), atol=1e-9)
    quanta = np.round(quanta)
    x = hbar * mesh.frequencies[stiff] / thermal
    # 21 modes: the means together, over their standard deviations
    sampled_within(((quanta - 1 / np.expm1(x)) * 2 * np.sinh(x / 2)).mean(axis=1), 0.0)
    for k in (1, 2, 4):
        sampled_within(((quanta >= k) - np.exp(-k * x)).mean(axis=1), 0.0)


def test_energies_of_a_classical_bath_are_exponential():
    mesh, thermal = phonon_mesh(printed_crystal(), 2), 12.0
    generator = np.random.default_rng(13)
    stiff = mesh.frequencies > 0
    energies = []
    for _ in range(2000):
        draw = sample_vibration(mesh, thermal, generator, "classical")
        squares = np.abs(draw.displacement) ** 2 + np.abs(draw.velocity) ** 2
        energies.append((squares * mesh.frequencies**2 / 2)[stiff])
    energies = np.array(energies)
    sampled_within(energies.mean(axis=1), thermal)
    for level in (0.2, 1.0, 3.0):
        sampled_within((energies > level * thermal).mean(axis=1), np.exp(-level))


@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("build", CRYSTALS)
def test_sampled_fields_have_the_covariance_of_eq_24(build, bath):
    """Between an atom now and its neighbours a time later, all pairs of coordinates; velocities at the same time."""
    crystal, thermal, lag = build(), 15.0, 0.12
    mesh = phonon_mesh(crystal, (5, 4, 4))
    size = 3 * crystal.atom_count
    generator = np.random.default_rng(14)
    neighbour = (1, 0, 3)
    products, speeds = [], []
    for _ in range(150):
        draw = sample_vibration(mesh, thermal, generator, bath)
        now, velocities = (field.reshape(*mesh.shape, size) for field in vibration_field(draw))
        later = vibration_field(vibration_at(draw, lag))[0].reshape(*mesh.shape, size)
        moved = np.roll(later, [-step for step in neighbour], axis=(0, 1, 2))
        products.append(np.einsum("ijka,ijkb->ab", moved, now) / mesh.cell_count)
        speeds.append(np.einsum("ijka,ijkb->ab", velocities, velocities) / mesh.cell_count)
    covariance = vibration_covariance(mesh, lag, thermal, bath)[0][neighbour]
    of_velocities = vibration_covariance(mesh, 0.0, thermal, bath, of="velocities")[0][0, 0, 0]
    within_four_of(np.array(products), covariance)
    within_four_of(np.array(speeds), of_velocities)


def within_four_of(values, expected):
    """As `sampled_within`, for up to 36 entries at once: some one of them leaves three standard errors."""
    error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    deviations = np.abs(values.mean(axis=0) - expected) / error
    assert deviations.max() < 4
    assert np.sqrt(np.mean(deviations**2)) < 1.5


def test_velocities_are_the_slope_of_displacements():
    mesh = phonon_mesh(zincblende(), (3, 4, 5))
    draw = sample_vibration(mesh, 20.0, np.random.default_rng(15))
    step = 1e-4
    ahead, behind = (vibration_field(vibration_at(draw, sign * step))[0] for sign in (1, -1))
    velocities = vibration_field(draw)[1]
    # (Omega step)^2/6 of a velocity
    np.testing.assert_allclose((ahead - behind) / (2 * step), velocities, atol=1e-5 * np.abs(velocities).max())


@pytest.mark.parametrize("build", CRYSTALS)
def test_motion_obeys_the_forces_of_the_lattice(build):
    """m r'' = -sum of Phi r over the bonds of each atom, Eq. (3) without an ion."""
    crystal = build()
    mesh = phonon_mesh(crystal, (4, 3, 5))
    draw = sample_vibration(mesh, 20.0, np.random.default_rng(16))
    step = 1e-4
    ahead, behind = (vibration_field(vibration_at(draw, sign * step))[1] for sign in (1, -1))
    displacements = vibration_field(draw)[0]
    forces = np.zeros_like(displacements)
    for a, b, shift, phi in zip(
        crystal.origin, crystal.destination, crystal.translation, crystal.force_constants, strict=True
    ):
        moved = np.roll(displacements[..., b, :], [-step for step in shift], axis=(0, 1, 2))
        forces[..., a, :] -= moved @ phi.T
    accelerations = (ahead - behind) / (2 * step)
    expected = forces / crystal.masses[:, None]
    np.testing.assert_allclose(accelerations, expected, atol=1e-5 * np.abs(expected).max())


def test_motion_there_and_back():
    mesh = phonon_mesh(printed_crystal(), 4)
    draw = sample_vibration(mesh, 20.0, np.random.default_rng(17))
    back = vibration_at(vibration_at(draw, 3.7), -3.7)
    np.testing.assert_allclose(back.displacement, draw.displacement, atol=ROUNDING * 10)
    np.testing.assert_allclose(back.velocity, draw.velocity, atol=ROUNDING * 10)
    energy = np.abs(draw.displacement) ** 2 + np.abs(draw.velocity) ** 2
    later = vibration_at(draw, 5.0)
    # waves of q and -q beat in the half mesh: their sum is kept
    np.testing.assert_allclose(np.abs(later.displacement) ** 2 + np.abs(later.velocity) ** 2, energy, rtol=1e-9)


def test_the_crystal_as_a_whole_rests():
    for build in CRYSTALS:
        crystal = build()
        draw = sample_vibration(phonon_mesh(crystal, (3, 4, 5)), 30.0, np.random.default_rng(18))
        for field in vibration_field(draw):
            drift = (field * crystal.masses[:, None]).sum(axis=(0, 1, 2, 3))
            np.testing.assert_allclose(drift, 0, atol=ROUNDING * 100 * np.abs(field).max())


@pytest.mark.parametrize("bath", BATHS)
def test_no_temperature(bath):
    """A quantum bath has zero-point motion of fixed amplitudes and random phases, a classical one is at rest."""
    mesh = phonon_mesh(printed_crystal(), (2, 2, 2))
    draw = sample_vibration(mesh, 0.0, np.random.default_rng(19), bath)
    stiff = mesh.frequencies > 0
    energies = (np.abs(draw.displacement) ** 2 + np.abs(draw.velocity) ** 2) * mesh.frequencies
    np.testing.assert_allclose(energies[stiff], hbar if bath == "quantum" else 0.0, rtol=ROUNDING)


def test_samples_are_keyed_by_their_generator():
    mesh = phonon_mesh(printed_crystal(), 3)
    one, same, other = (sample_vibration(mesh, 9.0, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.displacement, same.displacement)
    assert np.abs(one.displacement - other.displacement).max() > 1e-3


@pytest.mark.parametrize("shape", [(4, 4, 4), (3, 4, 5)])
@pytest.mark.parametrize("build", CRYSTALS)
def test_field_of_a_single_wave(build, shape):
    """r_a(L) = sum of eta_a P e^{iqL}/sqrt(m_a N), with the half of wave vectors that is not kept."""
    crystal = build()
    mesh = phonon_mesh(crystal, shape)
    at, branch, amplitude = (1, 2, 1), 2, 0.3 - 0.2j
    displacement = np.zeros(mesh.frequencies.shape, complex)
    displacement[(*at, branch)] = amplitude
    field = vibration_field(Vibration(mesh, displacement, np.zeros_like(displacement)))[0]
    cells = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    phase = np.exp(2j * np.pi * cells @ (np.array(at) / shape))
    eta = mesh.modes[at][:, branch] / np.repeat(np.sqrt(crystal.masses * mesh.cell_count), 3)
    expected = 2 * (phase[..., None] * eta * amplitude).real  # q and -q
    np.testing.assert_allclose(field.reshape(expected.shape), expected, atol=ROUNDING)


@pytest.mark.parametrize("build", CRYSTALS)
def test_frames_are_the_exact_motion(build):
    mesh = phonon_mesh(build(), (4, 3, 6))
    draw = sample_vibration(mesh, 20.0, np.random.default_rng(20))
    frames = list(islice(vibration_frames(draw, 0.01, start_ps=0.5), 201))
    assert all(frame.dtype == np.float32 for frame in frames)
    size = 3 * mesh.crystal.atom_count
    for index in (0, 1, 2, 57, 200):
        exact = vibration_field(vibration_at(draw, 0.5 + 0.01 * index))[0].reshape(*mesh.shape, size)
        np.testing.assert_allclose(np.moveaxis(frames[index], 0, -1), exact, atol=SINGLE * np.abs(exact).max())


# ---- refused -----------------------------------------------------------------------------------------------------


def test_faulty_baths_and_temperatures_are_refused():
    mesh = phonon_mesh(printed_crystal(), 2)
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="bath must be 'quantum' or 'classical', got 'cold'"):
        mode_variances(mesh, 1.0, "cold")
    with pytest.raises(ValueError, match="bath must be"):
        sample_vibration(mesh, 1.0, generator, "cold")
    with pytest.raises(ValueError, match=r"thermal_energy_meV must be finite and at least 0, got -1\.0"):
        sample_vibration(mesh, -1.0, generator)
    with pytest.raises(ValueError, match="thermal_energy_meV must be"):
        vibration_covariance(mesh, 0.0, np.nan)
    with pytest.raises(ValueError, match="of must be 'displacements' or 'velocities', got 'forces'"):
        vibration_covariance(mesh, 0.0, 1.0, of="forces")
    with pytest.raises(ValueError, match="step_ps must be finite and above 0"):
        next(vibration_frames(sample_vibration(mesh, 1.0, generator), 0.0))
