# One rule a figure: drawn from artifacts alone, in PNG, SVG and PDF.

# name: (script, artifacts by name). The name is that of the files, of the rule and of the caption.
STUDY_FIGURES = {
    "superionic": {
        "phonon_channels": {
            "rates": rules.evolve_phonon_channels.output.rates,
            "evolution": rules.evolve_phonon_channels.output.evolution,
        },
        "dispersion": {
            "spectrum": "results/lattices/fig_3/spectrum.parquet",
        },
        "type_two_transition": {
            "mean_fields": rules.solve_mean_fields.output.mean_fields,
            "branches": rules.solve_mean_fields.output.branches,
        },
        "type_one_readings": {
            "mean_fields": rules.solve_mean_fields.output.mean_fields,
            "transitions": rules.map_phase_diagram.output.transitions,
        },
        "phase_diagram": {
            "regimes": rules.map_phase_diagram.output.regimes,
            "fillings": rules.map_phase_diagram.output.fillings,
        },
        "honeycomb": {
            "geometry": "results/lattices/honeycomb/geometry.parquet",
            "hops": "results/lattices/honeycomb/hops.parquet",
            "conductivity": rules.compute_mean_field_conductivity.output.conductivity,
            "directions": rules.compute_field_dependence.output.directions,
        },
        "sensitivities": {
            "sensitivities": rules.compute_sensitivities.output.sensitivities,
        },
        "field_dependence": {
            "fields": rules.compute_field_dependence.output.fields,
        },
        "lattice_gas": {
            "chain": rules.compare_lattice_gas.output.chain,
            "order": rules.compare_lattice_gas.output.order,
            "critical": rules.compare_lattice_gas.output.critical,
        },
    },
    "quasi_ion": {
        "well_densities": {
            "densities": rules.compute_well_densities.output.densities,
            "weights": rules.compute_well_densities.output.weights,
        },
        "bands": {
            "bands": rules.compute_bands.output.bands,
            "edges": rules.compute_bands.output.edges,
        },
        "doping": {
            "potential": rules.tabulate_static_parameters.output.potential,
            "states": rules.sweep_doping.output.states,
            "bands": rules.compute_doping_bands.output.bands,
        },
        "doping_branches": {
            "states": rules.sweep_doping.output.states,
            "transitions": rules.locate_doping_transitions.output.transitions,
        },
        "doping_bands": {
            "bands": rules.compute_doping_bands.output.bands,
            "states": rules.sweep_doping.output.states,
        },
        "phase_match": {
            "states": rules.sweep_doping.output.states,
        },
        "interference": {
            "interference": rules.compute_interference.output.interference,
        },
        "supercells": {
            "sites": rules.distort_supercells.output.sites,
            "bands": rules.distort_supercells.output.bands,
            "cells": rules.distort_supercells.output.cells,
            "summary": rules.distort_supercells.output.summary,
        },
        "percolation": {
            "levels": rules.compute_percolation.output.levels,
            "gaps": rules.compute_percolation.output.gaps,
        },
        "garnet_curves": {
            "curves": rules.reconstruct_garnet_curves.output.curves,
            "table": rules.reconstruct_garnet_curves.output.table,
            "refits": rules.reconstruct_garnet_curves.output.refits,
            "quoted": RESOURCES + "/garnets/garnet_quoted.csv",
        },
        "measured_garnets": {
            **{
                name: f"results/fits/garnets_pooled/{name}.parquet"
                for name in ("points", "curves", "comparison", "residuals")
            },
            "single": "results/fits/garnets/comparison.parquet",
        },
    },
    "time_local": {
        "lattice_dynamics": {
            "dispersion": rules.compute_phonons.output.dispersion,
            "recoil": rules.compute_phonons.output.recoil,
            "properties": rules.compute_phonons.output.properties,
            "displacements": rules.sample_vibrations.output.displacements,
            "speeds": rules.sample_vibrations.output.speeds,
        },
        "barriers": {
            "profiles": rules.compute_barriers.output.profiles,
            "head_on": rules.compute_barriers.output.head_on,
            "limits": rules.compute_barriers.output.limits,
        },
        "collisions": {
            "collisions": rules.simulate_collisions.output.collisions,
        },
        "dissipation": {
            "dissipation": rules.simulate_dissipation.output.dissipation,
        },
        "ion_paths": {
            "paths": rules.reduce_diffusion.output.paths,
        },
        "displacements": {
            "displacements": rules.reduce_diffusion.output.displacements,
            "paths": rules.reduce_diffusion.output.paths,
        },
        "diffusion": {
            "diffusion": rules.reduce_diffusion.output.diffusion,
            "activation": rules.reduce_diffusion.output.activation,
            "displacements": rules.reduce_diffusion.output.displacements,
        },
        "kinetic_temperatures": {
            "diffusion": rules.reduce_diffusion.output.diffusion,
        },
        "stiffness": {
            "diffusion": rules.reduce_diffusion.output.diffusion,
        },
    },
    "fundamentals": {
        "space_charge": {
            "walls": rules.solve_space_charge.output.walls,
            "charges": rules.solve_space_charge.output.charges,
            "junctions": rules.solve_space_charge.output.junctions,
            "convergence": rules.solve_space_charge.output.convergence,
            "values": rules.solve_space_charge.output.values,
        },
        "defect_equilibria": {
            "concentrations": rules.solve_defect_equilibria.output.concentrations,
        },
        "defect_conductivity": {
            "conductivity": rules.solve_defect_equilibria.output.conductivity,
            "disorder": rules.solve_defect_equilibria.output.disorder,
        },
        "transition_state": {
            "paths": rules.compute_transition_states.output.paths,
            "modes": rules.compute_transition_states.output.modes,
            "participation": rules.compute_transition_states.output.participation,
            "rates": rules.compute_transition_states.output.rates,
        },
        "isotope_effects": {
            "measured": rules.compute_isotope_effects.output.measured,
            "exponents": rules.compute_isotope_effects.output.exponents,
            "models": rules.compute_isotope_effects.output.models,
        },
        "correlation_factors": {
            "infinite": rules.compute_correlation_factors.output.infinite,
            "finite": rules.compute_correlation_factors.output.finite,
        },
        "garnet_network": {
            "bonds": rules.analyse_garnet_network.output.bonds,
            "wraps": rules.analyse_garnet_network.output.wraps,
            "values": rules.analyse_garnet_network.output.values,
        },
        "barrier_crossing": {
            "turnover": rules.compute_barrier_crossing.output.turnover,
            "simulated": rules.simulate_langevin.output.diffusion,
            "rates": rules.compute_barrier_crossing.output.rates,
            "unstable": rules.compute_barrier_crossing.output.unstable,
        },
        "breathing_mode": {
            "temperatures": rules.compute_breathing_modes.output.temperatures,
            "frequencies": rules.compute_breathing_modes.output.frequencies,
            "lowerings": rules.compute_breathing_modes.output.lowerings,
            "quenched": rules.compute_breathing_modes.output.quenched,
        },
        "soft_mode": {
            "amplitudes": rules.compute_soft_modes.output.amplitudes,
            "values": rules.compute_soft_modes.output.values,
        },
    },
    "lattice_gas": {
        "haven_ratios": {
            "diffusion": rules.enumerate_states.output.diffusion,
        },
        "green_kubo": {
            "correlations": rules.enumerate_states.output.correlations,
            "diffusion": rules.enumerate_states.output.diffusion,
            "simulated": rules.reduce_lattice_gas.output.green_kubo,
            "simulations": rules.reduce_lattice_gas.output.diffusion,
        },
        "monte_carlo": {
            "diffusion": rules.reduce_lattice_gas.output.diffusion,
            "comparison": rules.compare_exact.output.comparison,
        },
        "mean_field_test": {
            "order": rules.compare_mean_field.output.order,
            "conduction": rules.compare_mean_field.output.conduction,
        },
        "garnet_lattice_gas": {
            "comparison": rules.compare_garnet.output.comparison,
            "diffusion": rules.reduce_lattice_gas.output.diffusion,
        },
    },
    "lattices": {
        "einstein_relation": {
            "conductivity": expand("results/lattices/{lattice}/conductivity.parquet", lattice=config["lattices"]),
        },
    },
}


def figure_files(path):
    """PNG (shown in the report with its caption), SVG and PDF of a figure."""
    study, name = path.split("/")[-2:]
    caption = "lattice" if "{" in name else name
    png = report(f"{path}.png", caption=f"../report/{caption}.rst", category=study, labels={"figure": name})
    return {"png": png, "svg": f"{path}.svg", "pdf": f"{path}.pdf"}


for _study, _figures in STUDY_FIGURES.items():
    for _name, _artifacts in _figures.items():

        rule:
            name:
                f"plot_{_name}"
            input:
                **_artifacts,
            output:
                **figure_files(f"results/figures/{_study}/{_name}"),
            log:
                f"results/logs/{_study}/plot_{_name}.log",
            conda:
                ENVIRONMENT
            params:
                **script(f"{_study}.plot_{_name}", "figures", study=_study),
            message:
                f"Figure {_study}/{_name}"
            shell:
                RUN


def lattice_figure_parameters(wildcards):
    lattice = {wildcards.lattice: config["lattices"][wildcards.lattice]}
    return configuration.canonical_json(lattice | {"figures": config["figures"]})


rule plot_lattice:
    input:
        geometry="results/lattices/{lattice}/geometry.parquet",
        hops="results/lattices/{lattice}/hops.parquet",
        spectrum="results/lattices/{lattice}/spectrum.parquet",
        conductivity="results/lattices/{lattice}/conductivity.parquet",
    output:
        **figure_files("results/figures/lattices/{lattice}"),
    log:
        "results/logs/lattices/{lattice}/plot_lattice.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattices.plot_lattice", study="lattices", parameters=lattice_figure_parameters),
    message:
        "Figure lattices/{wildcards.lattice}"
    shell:
        RUN


ruleorder: plot_einstein_relation > plot_lattice


FIGURES = [f"results/figures/{study}/{name}.png" for study, figures in STUDY_FIGURES.items() for name in figures]
FIGURES += expand("results/figures/lattices/{lattice}.png", lattice=config["lattices"])
