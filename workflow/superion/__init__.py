"""Theory of ion transport in solids: hopping matrices, mean fields, conductivity.

From the ground up: `units`, `validity`; `lattice` (sites and hops; builders), `hopping` (hop probabilities, hopping
matrix P_k, fields), `spectrum` (density waves), `transport` (diffusion, drift, conductivity of any lattice), `two_site`
(closed forms of the chain and the honeycomb); `mean_field` (polarization and hopping probability against temperature),
`transitions` (type-I and type-II temperatures, phase diagram, sensitivities); `lattice_gas` (exact results behind the
mean field); `densities_of_states`, `phonon_channels`, `channel_averages`, `kick_sequences` (hops driven by phonons);
`quadrature`; `potential_wells` (where a classical ion is found), `interstitial_bands` (quasi-ions on regular and
interstitial sites), `ion_doping` (repulsion between them), `exchange_bond_orders`, `ambipolar` (ions and electrons),
`distorted_supercells`, `percolation_levels`; `conductivity_models`, `conductivity_fits`, `fit_intervals` (what a
measured sigma(T) says); `harmonic_crystals`, `phonons`, `recoil_kernels`, `thermal_vibrations` (how a lattice vibrates
and answers a force), `pair_interactions`, `ion_barriers`, `lattice_stencils`, `line_motion`, `ion_equations`,
`ion_motion`, `ion_diffusion` (ions on their way through it).

And the fundamentals: `space_charge`, `poisson_boltzmann` (built-in potentials); `point_defects`, `band_carriers`,
`defect_equilibrium`, `intrinsic_disorder`, `defect_conductivity` (charged defects and what they conduct);
`pair_crystals`, `ion_chains`, `saddle_points`, `descent_paths`, `transition_states`, `isotope_effects` (energies,
barriers, rates, what masses do to them); `periodic_potentials`, `barrier_crossing`, `klein_kramers`,
`langevin_motion` (an ion over barriers, at any friction); `thermal_amplitudes`, `breathing_modes`, `soft_modes` (what
a soft lattice does to hops); `lattice_green_functions`, `correlation_factors`, `interstitialcy` (how far hops undo
each other); `site_positions`, `network_percolation` (sites of crystals as networks); `lattice_gas_moves`,
`reversible_chains`, `lattice_gas_states` (all states of small lattice gases), `lattice_gas_motion`,
`lattice_gas_diffusion` (large ones by Monte Carlo), `exclusion_transport`, `binder_crossings` (closed forms and
transitions of these).

Names and modules are imported when they are first used, so that what needs no compiler does not wait for one.
"""

from __future__ import annotations

from importlib import import_module, metadata
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from superion.ambipolar import cross_ratios as cross_ratios
    from superion.ambipolar import onsager_matrix as onsager_matrix
    from superion.ambipolar import relaxation_time_ratio as relaxation_time_ratio
    from superion.barrier_crossing import kramers_transmission as kramers_transmission
    from superion.barrier_crossing import transition_state_rate as transition_state_rate
    from superion.barrier_crossing import unstable_fraction as unstable_fraction
    from superion.barrier_crossing import vineyard_rate as vineyard_rate
    from superion.binder_crossings import critical_coupling as critical_coupling
    from superion.breathing_modes import barrier_lowering_eV as barrier_lowering_eV
    from superion.breathing_modes import quenched_barrier_eV as quenched_barrier_eV
    from superion.breathing_modes import relaxed_barrier_eV as relaxed_barrier_eV
    from superion.channel_averages import averaged_hopping_matrix as averaged_hopping_matrix
    from superion.channel_averages import escape_rate_per_ps as escape_rate_per_ps
    from superion.conductivity_fits import Fit as Fit
    from superion.conductivity_fits import fit as fit
    from superion.conductivity_fits import fit_many as fit_many
    from superion.conductivity_fits import leave_one_out_rmse as leave_one_out_rmse
    from superion.conductivity_models import local_activation_energy_eV as local_activation_energy_eV
    from superion.conductivity_models import log_conductivity as log_conductivity
    from superion.correlation_factors import VacancyCorrelation as VacancyCorrelation
    from superion.correlation_factors import finite_cell_correlation_factor as finite_cell_correlation_factor
    from superion.correlation_factors import vacancy_correlation_factor as vacancy_correlation_factor
    from superion.defect_conductivity import carrier_conductivity as carrier_conductivity
    from superion.defect_conductivity import mobile_ion_diffusion as mobile_ion_diffusion
    from superion.defect_equilibrium import DefectEquilibrium as DefectEquilibrium
    from superion.defect_equilibrium import solve_defect_equilibrium as solve_defect_equilibrium
    from superion.descent_paths import descent_path as descent_path
    from superion.exclusion_transport import exclusion_diffusion as exclusion_diffusion
    from superion.exclusion_transport import ring_conductivity_factor as ring_conductivity_factor
    from superion.fit_intervals import bootstrap as bootstrap
    from superion.fit_intervals import bootstrap_intervals as bootstrap_intervals
    from superion.fit_intervals import compare_models as compare_models
    from superion.fit_intervals import confidence_band as confidence_band
    from superion.fit_intervals import identifiability as identifiability
    from superion.fit_intervals import profile_intervals as profile_intervals
    from superion.harmonic_crystals import HarmonicCrystal as HarmonicCrystal
    from superion.harmonic_crystals import bcc_crystal as bcc_crystal
    from superion.harmonic_crystals import crystal_of_force_constants as crystal_of_force_constants
    from superion.harmonic_crystals import fcc_crystal as fcc_crystal
    from superion.harmonic_crystals import simple_cubic_crystal as simple_cubic_crystal
    from superion.harmonic_crystals import spring_crystal as spring_crystal
    from superion.hopping import dressed_probability as dressed_probability
    from superion.hopping import hopping_matrix as hopping_matrix
    from superion.hopping import polarized_probability as polarized_probability
    from superion.hopping import thermal_probability as thermal_probability
    from superion.interstitial_bands import band_energies as band_energies
    from superion.interstitial_bands import site_weights as site_weights
    from superion.interstitialcy import Interstitialcy as Interstitialcy
    from superion.interstitialcy import interstitialcy_correlation as interstitialcy_correlation
    from superion.interstitialcy import silver_halide_interstitialcy as silver_halide_interstitialcy
    from superion.intrinsic_disorder import frenkel_site_fractions as frenkel_site_fractions
    from superion.intrinsic_disorder import schottky_site_fraction as schottky_site_fraction
    from superion.ion_barriers import hop_top as hop_top
    from superion.ion_barriers import neighbourhood as neighbourhood
    from superion.ion_barriers import static_lattice as static_lattice
    from superion.ion_chains import IonChain as IonChain
    from superion.ion_diffusion import SegmentProtocol as SegmentProtocol
    from superion.ion_diffusion import arrhenius_line as arrhenius_line
    from superion.ion_diffusion import run_segments as run_segments
    from superion.ion_doping import DopedConductor as DopedConductor
    from superion.ion_doping import DopingCurve as DopingCurve
    from superion.ion_doping import conductor_of_potential as conductor_of_potential
    from superion.ion_equations import Equation as Equation
    from superion.ion_motion import IonMotion as IonMotion
    from superion.ion_motion import ion_system as ion_system
    from superion.isotope_effects import classical_exponent as classical_exponent
    from superion.isotope_effects import exponent_of_ratio as exponent_of_ratio
    from superion.isotope_effects import harmonic_exponent as harmonic_exponent
    from superion.isotope_effects import zero_point_exponent as zero_point_exponent
    from superion.klein_kramers import exact_diffusion as exact_diffusion
    from superion.langevin_motion import LangevinMotion as LangevinMotion
    from superion.langevin_motion import crossings_from_the_top as crossings_from_the_top
    from superion.langevin_motion import diffusion_of_displacements as diffusion_of_displacements
    from superion.lattice import Lattice as Lattice
    from superion.lattice import bcc as bcc
    from superion.lattice import bcc_tetrahedral as bcc_tetrahedral
    from superion.lattice import chain as chain
    from superion.lattice import diamond as diamond
    from superion.lattice import fcc as fcc
    from superion.lattice import fcc_octahedral_tetrahedral as fcc_octahedral_tetrahedral
    from superion.lattice import from_neighbours as from_neighbours
    from superion.lattice import garnet as garnet
    from superion.lattice import hcp as hcp
    from superion.lattice import honeycomb as honeycomb
    from superion.lattice import kagome as kagome
    from superion.lattice import simple_cubic as simple_cubic
    from superion.lattice import square as square
    from superion.lattice import triangular as triangular
    from superion.lattice import two_site_chain as two_site_chain
    from superion.lattice_gas_diffusion import batch_sums as batch_sums
    from superion.lattice_gas_diffusion import estimates as estimates
    from superion.lattice_gas_motion import LatticeGasMotion as LatticeGasMotion
    from superion.lattice_gas_moves import LatticeGas as LatticeGas
    from superion.lattice_gas_states import exact_transport as exact_transport
    from superion.lattice_gas_states import states_of as states_of
    from superion.lattice_stencils import stencil_motion as stencil_motion
    from superion.mean_field import MeanFieldParameters as MeanFieldParameters
    from superion.mean_field import MeanFieldSolution as MeanFieldSolution
    from superion.mean_field import Status as Status
    from superion.mean_field import activation_energy_eV as activation_energy_eV
    from superion.mean_field import branches as branches
    from superion.mean_field import polarization_transition_K as polarization_transition_K
    from superion.mean_field import solve as solve
    from superion.network_percolation import first_wrap_fractions as first_wrap_fractions
    from superion.network_percolation import network_diffusion_tensor as network_diffusion_tensor
    from superion.network_percolation import network_parts as network_parts
    from superion.network_percolation import open_network as open_network
    from superion.pair_crystals import PairCrystal as PairCrystal
    from superion.pair_crystals import PairPotential as PairPotential
    from superion.pair_crystals import lennard_jones as lennard_jones
    from superion.pair_crystals import smoothly_cut as smoothly_cut
    from superion.pair_interactions import PairInteraction as PairInteraction
    from superion.percolation_levels import PercolationRegion as PercolationRegion
    from superion.periodic_potentials import PeriodicPotential as PeriodicPotential
    from superion.phonon_channels import PhononMode as PhononMode
    from superion.phonon_channels import mode_hopping_matrices as mode_hopping_matrices
    from superion.phonons import loss_matrix as loss_matrix
    from superion.phonons import phonon_frequencies_rad_per_ps as phonon_frequencies_rad_per_ps
    from superion.phonons import phonon_mesh as phonon_mesh
    from superion.phonons import sound_velocities_A_per_ps as sound_velocities_A_per_ps
    from superion.point_defects import Band as Band
    from superion.point_defects import Defect as Defect
    from superion.point_defects import DefectSet as DefectSet
    from superion.point_defects import Dopant as Dopant
    from superion.point_defects import Hopping as Hopping
    from superion.point_defects import kroger_vink as kroger_vink
    from superion.poisson_boltzmann import junction_profile as junction_profile
    from superion.poisson_boltzmann import wall_profile as wall_profile
    from superion.potential_wells import SinusoidalWell as SinusoidalWell
    from superion.potential_wells import TwoSitePotential as TwoSitePotential
    from superion.potential_wells import thermal_density as thermal_density
    from superion.recoil_kernels import recoil_kernel as recoil_kernel
    from superion.recoil_kernels import response_kernel as response_kernel
    from superion.recoil_kernels import static_recoil as static_recoil
    from superion.reversible_chains import ReversibleChain as ReversibleChain
    from superion.reversible_chains import reversible_chain as reversible_chain
    from superion.saddle_points import find_minimum as find_minimum
    from superion.saddle_points import find_saddle as find_saddle
    from superion.site_positions import nearest_sites as nearest_sites
    from superion.site_positions import symmetry_group as symmetry_group
    from superion.soft_modes import lindemann_temperature_K as lindemann_temperature_K
    from superion.soft_modes import quartic_mean_square_A2 as quartic_mean_square_A2
    from superion.space_charge import Electrolyte as Electrolyte
    from superion.space_charge import IonPhase as IonPhase
    from superion.space_charge import Junction as Junction
    from superion.space_charge import nernst_step_V as nernst_step_V
    from superion.spectrum import density_wave_spectrum as density_wave_spectrum
    from superion.thermal_vibrations import sample_vibration as sample_vibration
    from superion.transition_states import harmonic_transition as harmonic_transition
    from superion.transition_states import hop_rate as hop_rate
    from superion.transition_states import vineyard_prefactor as vineyard_prefactor
    from superion.transitions import concerted_transition as concerted_transition
    from superion.transitions import transition_sensitivities as transition_sensitivities
    from superion.transport import diffusion_tensor as diffusion_tensor
    from superion.transport import drift_mobility as drift_mobility
    from superion.transport import drift_velocity as drift_velocity
    from superion.transport import einstein_ratio as einstein_ratio
    from superion.transport import nernst_einstein_conductivity_S_per_cm as nernst_einstein_conductivity_S_per_cm
    from superion.units import thermal_energy_eV as thermal_energy_eV

_NAMES = {
    "ambipolar": ("cross_ratios", "onsager_matrix", "relaxation_time_ratio"),
    "barrier_crossing": ("kramers_transmission", "transition_state_rate", "unstable_fraction", "vineyard_rate"),
    "binder_crossings": ("critical_coupling",),
    "breathing_modes": ("barrier_lowering_eV", "quenched_barrier_eV", "relaxed_barrier_eV"),
    "channel_averages": ("averaged_hopping_matrix", "escape_rate_per_ps"),
    "conductivity_fits": ("Fit", "fit", "fit_many", "leave_one_out_rmse"),
    "conductivity_models": ("local_activation_energy_eV", "log_conductivity"),
    "correlation_factors": ("VacancyCorrelation", "finite_cell_correlation_factor", "vacancy_correlation_factor"),
    "defect_conductivity": ("carrier_conductivity", "mobile_ion_diffusion"),
    "defect_equilibrium": ("DefectEquilibrium", "solve_defect_equilibrium"),
    "descent_paths": ("descent_path",),
    "exclusion_transport": ("exclusion_diffusion", "ring_conductivity_factor"),
    "fit_intervals": (
        "bootstrap",
        "bootstrap_intervals",
        "compare_models",
        "confidence_band",
        "identifiability",
        "profile_intervals",
    ),
    "harmonic_crystals": (
        "HarmonicCrystal",
        "bcc_crystal",
        "crystal_of_force_constants",
        "fcc_crystal",
        "simple_cubic_crystal",
        "spring_crystal",
    ),
    "hopping": ("dressed_probability", "hopping_matrix", "polarized_probability", "thermal_probability"),
    "interstitial_bands": ("band_energies", "site_weights"),
    "interstitialcy": ("Interstitialcy", "interstitialcy_correlation", "silver_halide_interstitialcy"),
    "intrinsic_disorder": ("frenkel_site_fractions", "schottky_site_fraction"),
    "ion_barriers": ("hop_top", "neighbourhood", "static_lattice"),
    "ion_chains": ("IonChain",),
    "ion_diffusion": ("SegmentProtocol", "arrhenius_line", "run_segments"),
    "ion_doping": ("DopedConductor", "DopingCurve", "conductor_of_potential"),
    "ion_equations": ("Equation",),
    "ion_motion": ("IonMotion", "ion_system"),
    "isotope_effects": ("classical_exponent", "exponent_of_ratio", "harmonic_exponent", "zero_point_exponent"),
    "klein_kramers": ("exact_diffusion",),
    "langevin_motion": ("LangevinMotion", "crossings_from_the_top", "diffusion_of_displacements"),
    "lattice": (
        "Lattice",
        "bcc",
        "bcc_tetrahedral",
        "chain",
        "diamond",
        "fcc",
        "fcc_octahedral_tetrahedral",
        "from_neighbours",
        "garnet",
        "hcp",
        "honeycomb",
        "kagome",
        "simple_cubic",
        "square",
        "triangular",
        "two_site_chain",
    ),
    "lattice_gas_diffusion": ("batch_sums", "estimates"),
    "lattice_gas_motion": ("LatticeGasMotion",),
    "lattice_gas_moves": ("LatticeGas",),
    "lattice_gas_states": ("exact_transport", "states_of"),
    "lattice_stencils": ("stencil_motion",),
    "mean_field": (
        "MeanFieldParameters",
        "MeanFieldSolution",
        "Status",
        "activation_energy_eV",
        "branches",
        "polarization_transition_K",
        "solve",
    ),
    "network_percolation": ("first_wrap_fractions", "network_diffusion_tensor", "network_parts", "open_network"),
    "pair_crystals": ("PairCrystal", "PairPotential", "lennard_jones", "smoothly_cut"),
    "pair_interactions": ("PairInteraction",),
    "percolation_levels": ("PercolationRegion",),
    "periodic_potentials": ("PeriodicPotential",),
    "phonon_channels": ("PhononMode", "mode_hopping_matrices"),
    "phonons": ("loss_matrix", "phonon_frequencies_rad_per_ps", "phonon_mesh", "sound_velocities_A_per_ps"),
    "point_defects": ("Band", "Defect", "DefectSet", "Dopant", "Hopping", "kroger_vink"),
    "poisson_boltzmann": ("junction_profile", "wall_profile"),
    "potential_wells": ("SinusoidalWell", "TwoSitePotential", "thermal_density"),
    "recoil_kernels": ("recoil_kernel", "response_kernel", "static_recoil"),
    "reversible_chains": ("ReversibleChain", "reversible_chain"),
    "saddle_points": ("find_minimum", "find_saddle"),
    "site_positions": ("nearest_sites", "symmetry_group"),
    "soft_modes": ("lindemann_temperature_K", "quartic_mean_square_A2"),
    "space_charge": ("Electrolyte", "IonPhase", "Junction", "nernst_step_V"),
    "spectrum": ("density_wave_spectrum",),
    "thermal_vibrations": ("sample_vibration",),
    "transition_states": ("harmonic_transition", "hop_rate", "vineyard_prefactor"),
    "transitions": ("concerted_transition", "transition_sensitivities"),
    "transport": (
        "diffusion_tensor",
        "drift_mobility",
        "drift_velocity",
        "einstein_ratio",
        "nernst_einstein_conductivity_S_per_cm",
    ),
    "units": ("thermal_energy_eV",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}
_MODULES = frozenset(module.name for module in iter_modules(__path__))

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in _MODULES:
        return import_module(f"{__name__}.{name}")
    elif name == "__version__":
        try:
            value = metadata.version("superion")
        except metadata.PackageNotFoundError:
            value = "0+unknown"  # used from its source tree
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES, "__version__"})
