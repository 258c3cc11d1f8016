"""Closed forms of the models with two sites a cell: the chain and the honeycomb.

Units: lengths in the lattice constant a, times in the step tau. A wave number enters as k a, a field as f a = ZEa/kT
(honeycomb: vectors on the last axis). Phases follow Hu et al. (2026), Eqs. (31) and (A1): a hop by d carries
exp(+i k.d), so the mode '+' travels with +d omega/dk. Site a is left with P0 (1 - gamma), site b with P0 (1 + gamma).

`field_split` is the share of the potential drop along a hop that lowers its barrier, `superion.hopping.FIELD_SHIFT`:
"paper" is Eq. (30), "thermodynamic" keeps local detailed balance and with it the Einstein relation.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. III and Appendix A.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.hopping import FieldSplit, field_share
from superion.validity import finite_array, one_of

__all__ = [
    "HONEYCOMB_HOPS",
    "chain_conductivity",
    "chain_decay_rate",
    "chain_decay_rate_expansion",
    "chain_density_ratio",
    "chain_diffusion_coefficient",
    "chain_eigenvalues",
    "chain_frequency",
    "chain_group_velocity",
    "chain_microscopic_polarization",
    "chain_microscopic_polarization_expansion",
    "chain_strong_field_frequency",
    "chain_structure_factor",
    "chain_weak_field_frequency",
    "field_enhancement",
    "honeycomb_conductivity",
    "honeycomb_diffusion_coefficient",
    "honeycomb_drift_velocity",
    "honeycomb_eigenvalues",
    "honeycomb_group_velocity",
    "honeycomb_structure_factor",
    "honeycomb_structure_product_expansion",
    "largest_hopping_probability",
]

Form = Literal["corrected", "printed"]
Diagonal = Literal["dressed", "undressed"]

HONEYCOMB_HOPS: NDArray = np.array([[0.5, 0.5 / 3**0.5], [-0.5, 0.5 / 3**0.5], [0.0, -1 / 3**0.5]])
"""Hops a_j from b to a in units of the lattice constant, (3, 2); their length is 1/sqrt(3). Eq. (A2)."""
HONEYCOMB_HOPS.flags.writeable = False


def _hopping(value: ArrayLike) -> NDArray:
    return finite_array("hopping_probability", value, at_least=0)


def _polarization(value: ArrayLike) -> NDArray:
    return finite_array("polarization", value, at_least=-1, at_most=1)


def _vector(name: str, value: ArrayLike) -> NDArray:
    array = finite_array(name, value)
    if array.shape[-1:] != (2,):
        raise ValueError(f"{name} must have 2 components on its last axis, got shape {array.shape}")
    return array


def largest_hopping_probability(
    polarization: ArrayLike, reduced_field: ArrayLike = 0.0, *, field_split: FieldSplit = "thermodynamic"
) -> NDArray:
    """Largest P0 for which both sites of the chain keep a stay probability of at least 0.

    From the diagonal of Eq. (30): 1/[(1 + |gamma|) cosh(s f a/2)], with s = 1 for `field_split="paper"`. The
    caption of Fig. 3 (P0 = 0.60, gamma = 0.88) exceeds it.
    """
    gamma = _polarization(polarization)
    return 1 / (
        (1 + np.abs(gamma)) * np.cosh(field_share(field_split) * finite_array("reduced_field", reduced_field) / 2)
    )


# ---- chain -----------------------------------------------------------------------------------------------------


def chain_structure_factor(
    wave_number_times_a: ArrayLike, reduced_field: ArrayLike = 0.0, *, field_split: FieldSplit = "thermodynamic"
) -> NDArray:
    """Structure factor Omega(k, f) of the chain, complex. Hu et al. (2026), Eq. (32) for `field_split="paper"`."""
    ka = finite_array("wave_number_times_a", wave_number_times_a)
    fa = field_share(field_split) * finite_array("reduced_field", reduced_field)
    return np.cosh((fa + 1j * ka) / 2)


def _relative_structure_factor(ka: NDArray, shifted_fa: NDArray) -> NDArray:
    # Omega(k, f)/Omega(0, f) of Eq. (40); no overflow at any field.
    return np.cos(ka / 2) + 1j * np.sin(ka / 2) * np.tanh(shifted_fa / 2)


def _one_minus_root(gamma: NDArray, one_minus_square: NDArray) -> NDArray:
    # 1 - sqrt(gamma^2 + (1 - gamma^2) w^2) without cancellation where w -> 1.
    loss = (1 - gamma**2) * one_minus_square
    return loss / (1 + np.sqrt(1 - loss))


def chain_eigenvalues(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike,
    reduced_field: ArrayLike | None = None,
    *,
    field_split: FieldSplit = "thermodynamic",
) -> tuple[NDArray, NDArray]:
    """Eigenvalues (p+, p-) of the hopping matrix of the chain.

    Without a field real, Hu et al. (2026), Eq. (26); with one complex, Eq. (33) in the phase convention of Eq. (31).
    The arguments broadcast. The principal square root names the branches: where it crosses its cut, at ka = pi in
    a field with gamma^2 < (1 - gamma^2) tanh^2(s f a/2), they exchange names. Parameters beyond
    `largest_hopping_probability` are accepted, as the caption of Fig. 3 needs it.

    Raises
    ------
    ValueError
        hopping_probability negative, |polarization| > 1, an argument not finite, an unknown field_split.
    """
    p0 = _hopping(hopping_probability)
    gamma = _polarization(polarization)
    ka = finite_array("wave_number_times_a", wave_number_times_a)
    share = field_share(field_split)
    if reduced_field is None:
        decay = _one_minus_root(gamma, np.sin(ka / 2) ** 2)
        scale = p0
    else:
        fa = share * finite_array("reduced_field", reduced_field)
        tanh = np.tanh(fa / 2)
        # 1 - w^2 = sin^2 (1 + tanh^2) - i sin(ka) tanh
        decay = _one_minus_root(gamma, np.sin(ka / 2) ** 2 * (1 + tanh**2) - 1j * np.sin(ka) * tanh)
        scale = p0 * np.cosh(fa / 2)
    return 1 - scale * decay, 1 - scale * (2 - decay)


def chain_decay_rate(
    hopping_probability: ArrayLike, polarization: ArrayLike, wave_number_times_a: ArrayLike
) -> NDArray:
    """Decay rate kappa tau = 1 - p+ of the stable branch without field, exact and free of cancellation.

    Equal to the 1 - |p+| of Hu et al. (2026), Eq. (27), as long as P0 <= 1.
    """
    loss = np.sin(finite_array("wave_number_times_a", wave_number_times_a) / 2) ** 2
    return _hopping(hopping_probability) * _one_minus_root(_polarization(polarization), loss)


def chain_decay_rate_expansion(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike,
    *,
    order: Literal[2, 4] = 2,
) -> NDArray:
    """Long-wave expansion of kappa tau. Hu et al. (2026), Eq. (27).

    `order=2` is the printed term. Its remainder is O[(ka)^4], not o[(ka)^4]: `order=4` adds
    -P0 (1 - gamma^2)(1 + 3 gamma^2)(ka/2)^4/24.
    """
    one_of("order", order, (2, 4))
    y = _hopping(hopping_probability) * (1 - _polarization(polarization) ** 2)
    x2 = (finite_array("wave_number_times_a", wave_number_times_a) / 2) ** 2
    quadratic = y * x2 / 2
    return quadratic if order == 2 else quadratic - y * (1 + 3 * np.asarray(polarization) ** 2) * x2**2 / 24


def chain_diffusion_coefficient(hopping_probability: ArrayLike, polarization: ArrayLike) -> NDArray:
    """Diffusion coefficient P0 (1 - gamma^2)/8 in a^2/tau, the k^2 coefficient of Hu et al. (2026), Eq. (27)."""
    return _hopping(hopping_probability) * (1 - _polarization(polarization) ** 2) / 8


def chain_density_ratio(
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike = 0.0,
    reduced_field: ArrayLike = 0.0,
    *,
    approximation: Literal["exact", "first_order", "weak_field"] = "exact",
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Ratio u_b/u_a of the mode '+', complex; at k = 0 it is (1 - gamma)/(1 + gamma) in any field, Eq. (28).

    Parameters
    ----------
    approximation : "exact" at every k and f; "first_order" in k, with the phase gamma (ka/2) tanh(s f a/2);
        "weak_field" also in f, with gamma s ka fa/4: Hu et al. (2026), Eq. (37) for `field_split="paper"`

    Raises
    ------
    ValueError
        polarization outside -1 < gamma <= 1 (at -1 site a is empty), an argument not finite, an unknown option.
    """
    gamma = finite_array("polarization", polarization, above=-1, at_most=1)
    ka = finite_array("wave_number_times_a", wave_number_times_a)
    fa = field_share(field_split) * finite_array("reduced_field", reduced_field)
    at_gamma_point = (1 - gamma) / (1 + gamma)
    if one_of("approximation", approximation, ("exact", "first_order", "weak_field")) == "weak_field":
        return at_gamma_point * (1 + 1j * gamma * ka * fa / 4)
    if approximation == "first_order":
        return at_gamma_point * (1 + 1j * gamma * (ka / 2) * np.tanh(fa / 2))
    a, b = _amplitudes(gamma, _relative_structure_factor(ka, fa))
    return b / a


def _amplitudes(gamma: NDArray, w: NDArray) -> tuple[NDArray, NDArray]:
    """Amplitudes (u_a, u_b) of the mode '+', from the row of the matrix without cancellation for either sign."""
    root = np.sqrt(gamma**2 + (1 - gamma**2) * w**2)
    a_rich = gamma >= 0
    return np.where(a_rich, root + gamma, (1 + gamma) * w), np.where(a_rich, (1 - gamma) * w, root - gamma)


def chain_microscopic_polarization(polarization: ArrayLike, wave_number_times_a: ArrayLike) -> NDArray:
    """Microscopic polarization (u_a - u_b)/(u_a + u_b) of the mode '+' without field, exact.

    Raises
    ------
    ValueError
        wave_number_times_a outside the first Brillouin zone, where the sign of u_b depends on the choice of cell.
    """
    ka = finite_array(
        "wave_number_times_a", wave_number_times_a, at_least=-np.pi, at_most=np.pi, meaning="the first Brillouin zone"
    )
    a, b = _amplitudes(_polarization(polarization), np.cos(ka / 2))
    return (a - b) / (a + b)


def chain_microscopic_polarization_expansion(
    polarization: ArrayLike, wave_number_times_a: ArrayLike, *, order: Literal[2, 4] = 2, form: Form = "corrected"
) -> NDArray:
    """Long-wave expansion of the microscopic polarization. Hu et al. (2026), Eq. (29).

    Parameters
    ----------
    order : 2, or 4 to add gamma (1 - gamma^2)(5 - 6 gamma^2)/48 (ka/2)^4, which the printed o[(ka)^4] excludes
    form : the k^2 term is gamma (1 - gamma^2)(ka/4)^2; printed is (ka/2)^2, four times too large
    """
    one_of("order", order, (2, 4))
    gamma = _polarization(polarization)
    x2 = (finite_array("wave_number_times_a", wave_number_times_a) / 2) ** 2
    bend = gamma * (1 - gamma**2)
    quadratic = bend * x2 / (4 if one_of("form", form, ("corrected", "printed")) == "corrected" else 1)
    return gamma + quadratic + (bend * (5 - 6 * gamma**2) / 48 * x2**2 if order == 4 else 0)


def chain_frequency(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike,
    reduced_field: ArrayLike,
    *,
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Frequency omega tau = arg p+ of the stable branch in a field, exact. Hu et al. (2026), below Eq. (15)."""
    return np.angle(
        chain_eigenvalues(
            hopping_probability, polarization, wave_number_times_a, reduced_field, field_split=field_split
        )[0]
    )


def chain_weak_field_frequency(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike,
    reduced_field: ArrayLike,
    *,
    form: Form = "corrected",
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Frequency omega tau near the Gamma point in a weak field. Hu et al. (2026), Eq. (35).

    Corrected: s ka P0 (1 - gamma^2) fa/4, which vanishes at k = 0. Printed: the factor k is missing, so that the
    value is the group velocity of Eq. (36) in a/tau, and the wave number only sets the shape.
    """
    ka = finite_array("wave_number_times_a", wave_number_times_a)
    velocity = chain_group_velocity(
        hopping_probability, polarization, reduced_field, limit="weak", field_split=field_split
    )
    corrected = one_of("form", form, ("corrected", "printed")) == "corrected"
    return velocity * (ka if corrected else np.ones_like(ka))


def chain_strong_field_frequency(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_number_times_a: ArrayLike,
    reduced_field: ArrayLike,
    *,
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Frequency omega tau near the Gamma point in any field. Hu et al. (2026), Eq. (41).

    P0 (1 - gamma^2) sinh(s f a/2) ka/2; as printed the equation lacks the 1/tau that makes it a frequency.
    """
    ka = finite_array("wave_number_times_a", wave_number_times_a)
    return ka * chain_group_velocity(hopping_probability, polarization, reduced_field, field_split=field_split)


def chain_group_velocity(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    reduced_field: ArrayLike,
    *,
    limit: Literal["exact", "weak"] = "exact",
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Group velocity of the stable mode at the Gamma point in a/tau: the drift velocity.

    "exact" is P0 (1 - gamma^2) sinh(s f a/2)/2, the slope of Hu et al. (2026), Eq. (41); "weak" its linear term,
    Eq. (36) for `field_split="paper"`.
    """
    y = _hopping(hopping_probability) * (1 - _polarization(polarization) ** 2)
    x = field_share(field_split) * finite_array("reduced_field", reduced_field) / 2
    return y / 2 * (np.sinh(x) if one_of("limit", limit, ("exact", "weak")) == "exact" else x)


def chain_conductivity(
    hopping_probability: ArrayLike, polarization: ArrayLike, *, field_split: FieldSplit = "thermodynamic"
) -> NDArray:
    """Weak-field conductivity in n0 Z^2 a^2/(V tau kT): P0 (1 - gamma^2) times 1/8, or 1/4 for "paper".

    Hu et al. (2026), Eq. (38), is the value for "paper", twice what Nernst-Einstein gives with the D of Eq. (27).
    """
    return 2 * field_share(field_split) * chain_diffusion_coefficient(hopping_probability, polarization)


def field_enhancement(
    reduced_field: ArrayLike,
    *,
    kind: Literal["differential", "chord"] = "differential",
    form: Form = "corrected",
    charge_number: float = 1.0,
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Conductivity of the chain in a strong field over its weak-field value. Hu et al. (2026), Eq. (42).

    Parameters
    ----------
    reduced_field : f a = ZEa/kT
    kind : "differential" is dJ/dE, cosh(s f a/2), exact at every field; "chord" is J/E, sinh(x)/x with x = s f a/2
    form : the printed argument Ea/2kT lacks the charge Z, so that it is smaller by `charge_number`
    charge_number : Z, used by the printed form only
    """
    x = field_share(field_split) * finite_array("reduced_field", reduced_field) / 2
    if one_of("form", form, ("corrected", "printed")) == "printed":
        charge = finite_array("charge_number", charge_number)
        if not np.all(charge):
            raise ValueError(f"charge_number must not be 0 in the printed form, got {charge_number!r}")
        x = x / charge
    if one_of("kind", kind, ("differential", "chord")) == "differential":
        return np.cosh(x)
    zero = x == 0
    return np.where(zero, 1.0, np.sinh(x) / np.where(zero, 1.0, x))[()]


# ---- honeycomb -------------------------------------------------------------------------------------------------


def honeycomb_structure_factor(
    wave_vector_times_a: ArrayLike,
    reduced_field: ArrayLike = (0.0, 0.0),
    *,
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Structure factor Omega(k, f) of the honeycomb, complex (...). Hu et al. (2026), Eq. (A2) for "paper".

    Parameters
    ----------
    wave_vector_times_a : (..., 2); reduced_field : (..., 2), f a = ZEa/kT; the leading axes broadcast
    """
    k = _vector("wave_vector_times_a", wave_vector_times_a)
    f = field_share(field_split) * _vector("reduced_field", reduced_field)
    return np.exp((f + 1j * k) @ HONEYCOMB_HOPS.T).mean(-1)


def honeycomb_eigenvalues(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    wave_vector_times_a: ArrayLike,
    reduced_field: ArrayLike = (0.0, 0.0),
    *,
    diagonal: Diagonal = "dressed",
    field_split: FieldSplit = "thermodynamic",
) -> tuple[NDArray, NDArray]:
    """Eigenvalues (p+, p-) of the hopping matrix of the honeycomb, complex (...).

    Parameters
    ----------
    hopping_probability, polarization : (...)
    wave_vector_times_a, reduced_field : (..., 2)
    diagonal : "undressed" is Hu et al. (2026), Eqs. (A1), (A3) as printed: the stay probabilities ignore the field,
        so that ions are not conserved, p+ > 1 at k = 0. "dressed" has 1 - P0 (1 - gamma) Omega(0, -f) and
        1 - P0 (1 + gamma) Omega(0, f), as Eq. (31) has.
    """
    p0, gamma = _hopping(hopping_probability), _polarization(polarization)
    k, f = _vector("wave_vector_times_a", wave_vector_times_a), _vector("reduced_field", reduced_field)
    share = field_share(field_split)
    forward, backward = _honeycomb_weights(f, share, diagonal)
    k_forward = np.exp((share * f + 1j * k) @ HONEYCOMB_HOPS.T).mean(-1)
    k_backward = np.exp(-(share * f + 1j * k) @ HONEYCOMB_HOPS.T).mean(-1)
    leave_a, leave_b = (1 - gamma) * backward, (1 + gamma) * forward
    mean, half_difference = (leave_a + leave_b) / 2, (leave_b - leave_a) / 2
    root = np.sqrt(half_difference**2 + (1 - gamma**2) * k_forward * k_backward)
    return 1 - p0 * (mean - root), 1 - p0 * (mean + root)


def _honeycomb_weights(f: NDArray, share: float, diagonal: str) -> tuple[NDArray, NDArray]:
    """Omega(0, f) and Omega(0, -f) on the diagonal; 1 and 1 where it ignores the field."""
    if one_of("diagonal", diagonal, ("dressed", "undressed")) == "undressed":
        return np.ones(f.shape[:-1]), np.ones(f.shape[:-1])
    drop = share * f @ HONEYCOMB_HOPS.T
    return np.exp(drop).mean(-1), np.exp(-drop).mean(-1)


def honeycomb_structure_product_expansion(
    wave_vector_times_a: ArrayLike,
    reduced_field: ArrayLike,
    *,
    order: Literal[2, 4] = 2,
    form: Form = "corrected",
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Expansion of Omega(k, f) Omega(-k, -f) of the honeycomb near k = f = 0. Hu et al. (2026), Eq. (A4).

    With w = f^2 - k^2 + 2i k.f (in units of a) it is 1 + w/6 + w^2/96; isotropic to this order.

    Parameters
    ----------
    order : 2 or 4, the last power of k and f kept (corrected form)
    form : "printed" keeps i k.f/3 alone and drops (f^2 - k^2)/6 of the same order
    """
    one_of("order", order, (2, 4))
    k = _vector("wave_vector_times_a", wave_vector_times_a)
    f = field_share(field_split) * _vector("reduced_field", reduced_field)
    mixed = 2j * (k * f).sum(-1)
    if one_of("form", form, ("corrected", "printed")) == "printed":
        return 1 + mixed / 6
    w = (f * f).sum(-1) - (k * k).sum(-1) + mixed
    return 1 + w / 6 + (w**2 / 96 if order == 4 else 0)


def honeycomb_diffusion_coefficient(hopping_probability: ArrayLike, polarization: ArrayLike) -> NDArray:
    """Isotropic diffusion coefficient P0 (1 - gamma^2)/12 in a^2/tau, from the k^2 term of Eq. (A3)."""
    return _hopping(hopping_probability) * (1 - _polarization(polarization) ** 2) / 12


def honeycomb_group_velocity(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    reduced_field: ArrayLike,
    *,
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Weak-field drift velocity (..., 2) in a/tau: s P0 (1 - gamma^2) f/6. Hu et al. (2026), Eq. (A7) for "paper"."""
    slope = 2 * field_share(field_split) * honeycomb_diffusion_coefficient(hopping_probability, polarization)
    return slope[..., None] * _vector("reduced_field", reduced_field)


def honeycomb_drift_velocity(
    hopping_probability: ArrayLike,
    polarization: ArrayLike,
    reduced_field: ArrayLike,
    *,
    diagonal: Diagonal = "dressed",
    field_split: FieldSplit = "thermodynamic",
) -> NDArray:
    """Drift velocity (..., 2) in a/tau in a field of any strength: d arg p+/dk at the Gamma point.

    With alpha, beta = P0 (1 -+ gamma), M0(f) = Omega(0, f) and M1(f) its gradient,
    v = alpha beta [M1(f) M0(-f) - M1(-f) M0(f)]/[alpha M0(-f) + beta M0(f)].

    Parameters
    ----------
    hopping_probability, polarization : (...); reduced_field : (..., 2)
    diagonal : as in `honeycomb_eigenvalues`; "undressed" follows Hu et al. (2026), Eq. (A3) as printed
    """
    p0, gamma = _hopping(hopping_probability), _polarization(polarization)
    f, share = _vector("reduced_field", reduced_field), field_share(field_split)
    dressed_forward, dressed_backward = _honeycomb_weights(f, share, diagonal)
    drop = share * f @ HONEYCOMB_HOPS.T
    forward, backward = np.exp(drop).mean(-1), np.exp(-drop).mean(-1)
    first_forward, first_backward = np.exp(drop) @ HONEYCOMB_HOPS / 3, np.exp(-drop) @ HONEYCOMB_HOPS / 3
    leave_a, leave_b = (1 - gamma) * dressed_backward, (1 + gamma) * dressed_forward
    root = np.sqrt(((leave_b - leave_a) / 2) ** 2 + (1 - gamma**2) * forward * backward)
    current = first_forward * backward[..., None] - first_backward * forward[..., None]
    p_gamma = 1 - p0 * ((leave_a + leave_b) / 2 - root)  # 1 where ions are conserved
    return (p0 * (1 - gamma**2) / (2 * root * p_gamma))[..., None] * current


def honeycomb_conductivity(
    hopping_probability: ArrayLike, polarization: ArrayLike, *, field_split: FieldSplit = "thermodynamic"
) -> NDArray:
    """Weak-field conductivity in n0 Z^2 a^2/(V tau kT): P0 (1 - gamma^2) times 1/12, or 1/6 for "paper".

    The tensor is isotropic: sigma_xx = sigma_yy, sigma_xy = 0. Hu et al. (2026), Eq. (A8), is the value for "paper".
    """
    return 2 * field_share(field_split) * honeycomb_diffusion_coefficient(hopping_probability, polarization)
