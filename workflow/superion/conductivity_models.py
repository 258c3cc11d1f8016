"""Models of an ionic conductivity against temperature, as curves ln sigma(beta) with beta = 1/kT.

    arrhenius               ln s = ln s0 - Ea beta
    arrhenius_sigma_T       ln (s T) = ln A - Ea beta
    arrhenius_power         ln s = ln s0 - Ea beta - b ln beta
    vogel_tammann_fulcher   ln s = ln s0 - B/[k (T - T0)]
    quadratic               ln s = c0 + c1 beta + c2 beta^2
    two_segment             ln s = ln s0 - E_hot min(beta, beta_k) - E_cold max(beta - beta_k, 0)
    quasi_ion               ln s = ln s0 - Et beta - ln(2 + exp[Ea0 (beta - beta0)])

sigma is in S/cm, beta in 1/eV, ln beta that of beta in 1/eV. The last model is Eq. (24) with the local barrier
Ea beta = Ea0 (beta - beta0): quasi-ions of formation energy Et hop over a barrier of migration energy Ea0 that
thermal motion lowers, so that the slope of the curve rises from Et on the hot side to Et + Ea0 on the cold side. It is
halfway at beta_mid = beta0 + ln 2/Ea0. The one with a power, s ~ T^b exp(-Ea/kT), is what the source calls the
Arrhenius formula; with b = -1 it is the second, the form of independent hops.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Eq. (24), Sec. 3.2 and Table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.units import BOLTZMANN_eV_PER_K, inverse_thermal_energy_per_eV, thermal_energy_eV
from superion.validity import finite_array, one_of

__all__ = [
    "MODELS",
    "ConductivityModel",
    "ModelParameter",
    "characteristic_temperature_K",
    "knot_temperature_K",
    "local_activation_energy_eV",
    "log_conductivity",
    "log_conductivity_derivatives",
    "log_temperature_offset",
    "midpoint_inverse_temperature_per_eV",
    "midpoint_temperature_K",
    "mirror_parameters",
    "parameter_array",
    "thermalisation_coefficient",
]

Parameters = ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True)
class ModelParameter:
    """One parameter of a model.

    Attributes
    ----------
    name : name with its unit, also the key of bounds and starts
    unit : unit as text, "1" for a pure number
    meaning : a few words
    role : whether ln sigma is linear in it
    bounded_by : key of its bounds; its own name, except where a fit bounds another quantity in its place
    bounds_rule : default bounds of a fit, in words
    """

    name: str
    unit: str
    meaning: str
    role: Literal["linear", "nonlinear"]
    bounded_by: str
    bounds_rule: str


@dataclass(frozen=True)
class ConductivityModel:
    """A model of ln sigma(beta).

    Attributes
    ----------
    name : key in `MODELS`
    label : for legends
    formula : ln sigma, for tables
    parameters : in the order of every parameter array
    """

    name: str
    label: str
    formula: str
    parameters: tuple[ModelParameter, ...]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names in the order of every parameter array."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.parameters)


_ENERGY = "0 to 5 eV"


def _linear(name: str, unit: str, meaning: str, rule: str = "free") -> ModelParameter:
    return ModelParameter(name, unit, meaning, "linear", name, rule)


def _model(name: str, label: str, formula: str, *parameters: ModelParameter) -> ConductivityModel:
    return ConductivityModel(name, label, formula, parameters)


_PREFACTOR = _linear("log_prefactor", "1", "ln of the prefactor in S/cm")

MODELS: dict[str, ConductivityModel] = {
    model.name: model
    for model in (
        _model(
            "arrhenius",
            "Arrhenius",
            "ln σ₀ − Eₐβ",
            _PREFACTOR,
            _linear("activation_energy_eV", "eV", "slope against 1/kT", _ENERGY),
        ),
        _model(
            "arrhenius_sigma_T",
            "Arrhenius of σT",
            "ln A − ln T − Eₐβ",
            _linear("log_prefactor", "1", "ln of the prefactor of sigma T in S K/cm"),
            _linear("activation_energy_eV", "eV", "slope of ln(sigma T) against 1/kT", _ENERGY),
        ),
        _model(
            "arrhenius_power",
            "Arrhenius with a power of 1/kT",
            "ln σ₀ − Eₐβ − b ln β",
            _PREFACTOR,
            _linear("activation_energy_eV", "eV", "activation energy beside the power", "at least 0"),
            _linear("temperature_exponent", "1", "exponent b of (kT)^b, kT in eV"),
        ),
        _model(
            "vogel_tammann_fulcher",
            "Vogel-Tammann-Fulcher",
            "ln σ₀ − B/[k(T − T₀)]",
            _PREFACTOR,
            _linear("pseudo_activation_energy_eV", "eV", "B, the activation energy far above T0", _ENERGY),
            ModelParameter(
                "vogel_temperature_K",
                "K",
                "T0, where the conductivity would vanish",
                "nonlinear",
                "vogel_temperature_K",
                "0 to 1 K below the coldest point",
            ),
        ),
        _model(
            "quadratic",
            "quadratic in 1/kT",
            "c₀ + c₁β + c₂β²",
            _linear("log_prefactor", "1", "c0, value at 1/kT = 0"),
            _linear("linear_coefficient_eV", "eV", "c1, coefficient of 1/kT"),
            _linear("quadratic_coefficient_eV2", "eV^2", "c2, coefficient of (1/kT)^2"),
        ),
        _model(
            "two_segment",
            "two Arrhenius segments",
            "ln σ₀ − E_hot min(β, β_k) − E_cold max(β − β_k, 0)",
            _linear("log_prefactor", "1", "ln of the prefactor of the hot segment in S/cm"),
            _linear("hot_activation_energy_eV", "eV", "activation energy above the knot temperature", _ENERGY),
            _linear("cold_activation_energy_eV", "eV", "activation energy below the knot temperature", _ENERGY),
            ModelParameter(
                "knot_inverse_temperature_per_eV",
                "1/eV",
                "1/kT where the segments meet",
                "nonlinear",
                "knot_inverse_temperature_per_eV",
                "two temperatures or more on either side, counting one on the knot for both",
            ),
        ),
        _model(
            "quasi_ion",
            "quasi-ion",
            "ln σ₀ − E_t β − ln[2 + exp(E_a0 (β − β₀))]",
            _PREFACTOR,
            _linear("carrier_formation_energy_eV", "eV", "Et, the slope on the hot side", _ENERGY),
            ModelParameter(
                "migration_energy_eV",
                "eV",
                "Ea0, by which the slope rises to the cold side",
                "nonlinear",
                "migration_energy_eV",
                "0.01 to 5 eV; positive, or else the mirror image is the same curve",
            ),
            ModelParameter(
                "characteristic_inverse_temperature_per_eV",
                "1/eV",
                "beta0, where the local barrier vanishes",
                "nonlinear",
                "midpoint_inverse_temperature_per_eV",
                "1/kT of the midpoint within the window, widened by its own width on either side",
            ),
        ),
    )
}


def parameter_array(model: str, parameters: Parameters) -> NDArray:
    """Parameters as one array (..., p), checked.

    Parameters
    ----------
    model : a key of `MODELS`
    parameters : array (..., p) in the order of the model, or a mapping of names to values that broadcast

    Raises
    ------
    ValueError
        The model or a name is not known, a value is missing, not finite or outside the model, or p does not fit.
    """
    names = MODELS[one_of("model", model, MODELS)].parameter_names
    if isinstance(parameters, Mapping):
        if set(parameters) != set(names):
            raise ValueError(f"{model} has the parameters {', '.join(names)}, got {', '.join(parameters) or 'none'}")
        parts = np.broadcast_arrays(*(finite_array(name, parameters[name]) for name in names))
        array = np.stack(parts, axis=-1)
    else:
        array = finite_array("parameters", parameters)
    if array.ndim == 0 or array.shape[-1] != len(names):
        raise ValueError(
            f"{model} has {len(names)} parameters ({', '.join(names)}), got an array of shape {array.shape}"
        )
    if model == "quasi_ion":
        finite_array(names[2], array[..., 2], above=0.0, meaning="the mirror image of a negative one is the same curve")
    return array


def _columns(model: str, parameters: Parameters, temperature_K: ArrayLike) -> tuple[NDArray, ...]:
    """The inverse temperature and each parameter, ready to broadcast to (..., n)."""
    array = parameter_array(model, parameters)
    beta = np.asarray(inverse_thermal_energy_per_eV(finite_array("temperature_K", temperature_K, above=0.0)))
    if beta.ndim:
        array = array[..., None, :]
    columns = np.moveaxis(array, -1, 0)
    try:
        np.broadcast_shapes(beta.shape, columns.shape[1:])
    except ValueError:
        raise ValueError(
            "parameters (..., p) and temperature_K (n,) or (..., n) must broadcast, got the shapes "
            f"{array.shape if not beta.ndim else array.shape[:-2] + array.shape[-1:]} and {beta.shape}"
        ) from None
    if model == "vogel_tammann_fulcher":
        temperature, vogel = np.broadcast_arrays(np.asarray(temperature_K, dtype=float), columns[2])
        bad = temperature <= vogel
        if bad.any():
            index = np.unravel_index(np.argmax(bad), bad.shape)
            raise ValueError(
                f"temperature_K must be above vogel_temperature_K, got {temperature[index].item()!r} at "
                f"{vogel[index].item()!r} K"
            )
    return beta, *columns


def _vogel_inverse_energy(beta: NDArray, vogel_temperature_K: NDArray) -> NDArray:
    """1/[k (T - T0)], 1/eV."""
    return beta / (1.0 - thermal_energy_eV(vogel_temperature_K) * beta)


def _cold_weight(beta: NDArray, migration: NDArray, characteristic: NDArray) -> NDArray:
    """e^x/(2 + e^x) with x = Ea0 (beta - beta0): the share of the migration energy in the slope."""
    return 0.5 * (1.0 + np.tanh(0.5 * (migration * (beta - characteristic) - np.log(2.0))))


def log_conductivity(model: str, parameters: Parameters, temperature_K: ArrayLike) -> NDArray:
    """Natural logarithm of the conductivity in S/cm.

    Parameters
    ----------
    model : a key of `MODELS`
    parameters : array (..., p) in the order of the model, or a mapping of names to values
    temperature_K : temperatures, K, > 0; one number, (n,) or (..., n)

    Returns
    -------
    Array (..., n), or (...) of one temperature. quasi_ion is Eq. (24) of Hu (2023).

    Raises
    ------
    ValueError
        A value is not finite, a temperature <= 0 or (vogel_tammann_fulcher) <= T0, a migration energy <= 0
        (quasi_ion), a name is not known or shapes do not fit.
    """
    beta, first, *others = _columns(model, parameters, temperature_K)
    if model == "arrhenius":
        return first - others[0] * beta
    if model == "arrhenius_sigma_T":
        return first - others[0] * beta + log_temperature_offset(beta)
    if model == "arrhenius_power":
        return first - others[0] * beta - others[1] * np.log(beta)
    if model == "vogel_tammann_fulcher":
        return first - others[0] * _vogel_inverse_energy(beta, others[1])
    if model == "quadratic":
        return first + (others[0] + others[1] * beta) * beta
    if model == "two_segment":
        hot, cold, knot = others
        return first - hot * np.minimum(beta, knot) - cold * np.maximum(beta - knot, 0.0)
    formation, migration, characteristic = others
    return first - formation * beta - np.logaddexp(np.log(2.0), migration * (beta - characteristic))


def log_temperature_offset(beta: NDArray) -> NDArray:
    """-ln T of inverse temperatures in 1/eV, T in K: what ln sigma lacks of ln(sigma T)."""
    return np.log(BOLTZMANN_eV_PER_K * beta)


def local_activation_energy_eV(model: str, parameters: Parameters, temperature_K: ArrayLike) -> NDArray:
    """Slope -d ln sigma/d beta, eV; at the knot of two segments that of the hot one.

    quasi_ion: Et + Ea0/(1 + 2 exp[-Ea0 (beta - beta0)]). Arguments, shape and errors as in `log_conductivity`.
    """
    beta, first, *others = _columns(model, parameters, temperature_K)
    flat = np.zeros(np.broadcast_shapes(beta.shape, first.shape))
    if model == "arrhenius":
        return others[0] + flat
    if model == "arrhenius_sigma_T":
        return others[0] - 1.0 / beta + flat
    if model == "arrhenius_power":
        return others[0] + others[1] / beta
    if model == "vogel_tammann_fulcher":
        return others[0] / (1.0 - thermal_energy_eV(others[1]) * beta) ** 2
    if model == "quadratic":
        return -(others[0] + 2.0 * others[1] * beta)
    if model == "two_segment":
        return np.where(beta <= others[2], others[0], others[1]) + flat
    formation, migration, characteristic = others
    return formation + migration * _cold_weight(beta, migration, characteristic)


def log_conductivity_derivatives(model: str, parameters: Parameters, temperature_K: ArrayLike) -> NDArray:
    """Derivatives of ln sigma by each parameter, (..., n, p), in units of 1 over those of the parameters.

    At the knot of two segments they are those of the hot one. Arguments and errors as in `log_conductivity`.
    """
    beta, first, *others = _columns(model, parameters, temperature_K)
    one = np.ones(np.broadcast_shapes(beta.shape, first.shape))
    if model in ("arrhenius", "arrhenius_sigma_T"):
        columns = (-beta,)
    elif model == "arrhenius_power":
        columns = (-beta, -np.log(beta))
    elif model == "vogel_tammann_fulcher":
        inverse = _vogel_inverse_energy(beta, others[1])
        columns = (-inverse, -others[0] * thermal_energy_eV(1.0) * inverse**2)
    elif model == "quadratic":
        columns = (beta, beta**2)
    elif model == "two_segment":
        hot, cold, knot = others
        columns = (-np.minimum(beta, knot), -np.maximum(beta - knot, 0.0), np.where(beta > knot, cold - hot, 0.0))
    else:
        _, migration, characteristic = others
        weight = _cold_weight(beta, migration, characteristic)
        columns = (-beta, -weight * (beta - characteristic), weight * migration)
    return np.stack([one, *(column * one for column in columns)], axis=-1)


def _quasi_ion(parameters: Parameters) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    array = parameter_array("quasi_ion", parameters)
    return array[..., 0], array[..., 1], array[..., 2], array[..., 3]


def mirror_parameters(parameters: ArrayLike) -> NDArray:
    """The other quasi-ion parameters (..., 4) of the same curve, with a migration energy of the other sign.

    (ln s0, Et, Ea0, beta0) -> (ln s0 + Ea0 beta0 + ln 2, Et + Ea0, -Ea0, beta0 + ln 4/Ea0): the hot side takes the
    place of the cold one. Applied twice it is the identity.

    Raises
    ------
    ValueError
        A value is not finite, the last dimension is not 4, or a migration energy is 0.
    """
    array = finite_array("parameters", parameters)
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(f"quasi_ion has 4 parameters, got an array of shape {array.shape}")
    prefactor, formation, migration, characteristic = np.moveaxis(array, -1, 0)
    if np.any(migration == 0.0):
        raise ValueError("migration_energy_eV must not be 0: a straight line has no mirror image")
    mirrored = (
        prefactor + migration * characteristic + np.log(2.0),
        formation + migration,
        -migration,
        characteristic + np.log(4.0) / migration,
    )
    return np.stack(mirrored, axis=-1)


def characteristic_temperature_K(parameters: Parameters) -> NDArray:
    """Temperature of beta0 of quasi-ion parameters (..., 4), K; inf where beta0 = 0, negative where beta0 < 0."""
    with np.errstate(divide="ignore"):  # beta0 = 0 is an infinite temperature
        return inverse_thermal_energy_per_eV(_quasi_ion(parameters)[3])


def midpoint_inverse_temperature_per_eV(parameters: Parameters) -> NDArray:
    """beta_mid = beta0 + ln 2/Ea0 of quasi-ion parameters (..., 4), 1/eV: half the migration energy is in the slope."""
    _, _, migration, characteristic = _quasi_ion(parameters)
    return characteristic + np.log(2.0) / migration


def midpoint_temperature_K(parameters: Parameters) -> NDArray:
    """Temperature of beta_mid of quasi-ion parameters (..., 4), K; inf where beta_mid = 0, negative below."""
    with np.errstate(divide="ignore"):  # beta_mid = 0 is an infinite temperature
        return inverse_thermal_energy_per_eV(midpoint_inverse_temperature_per_eV(parameters))


def thermalisation_coefficient(parameters: Parameters) -> NDArray:
    """alpha = Ea0 beta0 of quasi-ion parameters (..., 4): the kinetic energy alpha kT that lowers the barrier Ea0."""
    _, _, migration, characteristic = _quasi_ion(parameters)
    return migration * characteristic


def knot_temperature_K(parameters: Parameters) -> NDArray:
    """Temperature of the knot of two-segment parameters (..., 4), K.

    Raises
    ------
    ValueError
        The inverse temperature of a knot is <= 0, or as in `parameter_array`.
    """
    knot = parameter_array("two_segment", parameters)[..., 3]
    return inverse_thermal_energy_per_eV(finite_array("knot_inverse_temperature_per_eV", knot, above=0.0))
