# J. Hu, "A Novel Quasiparticle Method" (2023): wells, bands, doping, interference, disorder, percolation, garnets.


rule compute_well_densities:
    output:
        densities="results/quasi_ion/well_densities.parquet",
        weights="results/quasi_ion/hopping_weights.parquet",
    log:
        "results/logs/quasi_ion/compute_well_densities.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.compute_well_densities", "quasi_ion.wells", study="quasi_ion"),
    message:
        "Densities of ions in wells, Eqs. (1)-(13)"
    shell:
        RUN


rule compute_bands:
    output:
        bands="results/quasi_ion/bands.parquet",
        edges="results/quasi_ion/band_edges.parquet",
    log:
        "results/logs/quasi_ion/compute_bands.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.compute_bands", "quasi_ion.bands", study="quasi_ion"),
    message:
        "Bands of regular and interstitial sites, Eqs. (17)-(21)"
    shell:
        RUN


rule tabulate_static_parameters:
    output:
        parameters="results/quasi_ion/static_parameters.parquet",
        potential="results/quasi_ion/static_potential.parquet",
    log:
        "results/logs/quasi_ion/tabulate_static_parameters.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.tabulate_static_parameters", "quasi_ion.static_potential", study="quasi_ion"),
    message:
        "Static parameters, Eq. (45), Table 2"
    shell:
        RUN


rule sweep_doping:
    output:
        states="results/quasi_ion/doping_states.parquet",
    log:
        "results/logs/quasi_ion/sweep_doping.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.sweep_doping", "quasi_ion.static_potential", "quasi_ion.doping", study="quasi_ion"),
    message:
        "Doping with mobile ions, Eqs. (29), (30), (42)"
    shell:
        RUN


rule locate_doping_transitions:
    output:
        transitions="results/quasi_ion/doping_transitions.parquet",
        bonds="results/quasi_ion/bond_orders.parquet",
    log:
        "results/logs/quasi_ion/locate_doping_transitions.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.locate_doping_transitions", "quasi_ion.static_potential", study="quasi_ion"),
    message:
        "Transitions between roots of Eq. (42)"
    shell:
        RUN


rule compute_doping_bands:
    output:
        bands="results/quasi_ion/doping_bands.parquet",
    log:
        "results/logs/quasi_ion/compute_doping_bands.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.compute_doping_bands", "quasi_ion.static_potential", "quasi_ion.doping", study="quasi_ion"),
    message:
        "Bands on both sides of the transition, Eq. (29)"
    shell:
        RUN


rule compute_interference:
    output:
        interference="results/quasi_ion/interference.parquet",
        thresholds="results/quasi_ion/interference_thresholds.parquet",
    log:
        "results/logs/quasi_ion/compute_interference.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.compute_interference", "quasi_ion.interference", study="quasi_ion"),
    message:
        "Interference of ions and electrons, Eqs. (38)-(41)"
    shell:
        RUN


rule distort_supercells:
    output:
        cells="results/quasi_ion/supercells.parquet",
        summary="results/quasi_ion/supercell_summary.parquet",
        bands="results/quasi_ion/supercell_bands.parquet",
        sites="results/quasi_ion/supercell_sites.parquet",
    log:
        "results/logs/quasi_ion/distort_supercells.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.distort_supercells", "quasi_ion.distorted_supercells", study="quasi_ion"),
    message:
        "Randomly distorted supercells, Fig. 7"
    shell:
        RUN


rule compute_percolation:
    output:
        levels="results/quasi_ion/percolation_levels.parquet",
        gaps="results/quasi_ion/percolation_gaps.parquet",
    log:
        "results/logs/quasi_ion/compute_percolation.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.compute_percolation", "quasi_ion.percolation", study="quasi_ion"),
    message:
        "Levels of percolation regions, App. 5.2"
    shell:
        RUN


rule compare_quasi_ion_equations:
    output:
        equations="results/quasi_ion/printed_equations.parquet",
    log:
        "results/logs/quasi_ion/compare_quasi_ion_equations.log",
    conda:
        ENVIRONMENT
    params:
        **script(
            "quasi_ion.compare_printed_equations",
            *(
                f"quasi_ion.{section}"
                for section in ("wells", "bands", "static_potential", "printed_equations", "percolation", "garnets")
            ),
            study="quasi_ion",
        ),
    message:
        "Printed equations of the quasi-ion paper beside what they stand for"
    shell:
        RUN


rule reconstruct_garnet_curves:
    output:
        curves="results/quasi_ion/garnet_curves.parquet",
        table="results/quasi_ion/garnet_table.parquet",
        refits="results/quasi_ion/garnet_refits.parquet",
    log:
        "results/logs/quasi_ion/reconstruct_garnet_curves.log",
    conda:
        ENVIRONMENT
    params:
        **script("quasi_ion.reconstruct_garnet_curves", "quasi_ion.garnets", study="quasi_ion"),
    message:
        "Curves of Table 1, reconstructed and refitted"
    shell:
        RUN


QUASI_ION_ARTIFACTS = [
    output
    for rule in (
        rules.compute_well_densities,
        rules.compute_bands,
        rules.tabulate_static_parameters,
        rules.sweep_doping,
        rules.locate_doping_transitions,
        rules.compute_doping_bands,
        rules.compute_interference,
        rules.distort_supercells,
        rules.compute_percolation,
        rules.compare_quasi_ion_equations,
        rules.reconstruct_garnet_curves,
    )
    for output in rule.output
]
