# The fundamentals of ion transport in solids: equilibrium, defects, rates, isotopes, correlation, percolation.


rule solve_space_charge:
    output:
        steps="results/fundamentals/nernst_steps.parquet",
        walls="results/fundamentals/wall_profiles.parquet",
        charges="results/fundamentals/wall_charges.parquet",
        junctions="results/fundamentals/junction_profiles.parquet",
        convergence="results/fundamentals/space_charge_convergence.parquet",
        values="results/fundamentals/space_charge_values.parquet",
    log:
        "results/logs/fundamentals/solve_space_charge.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.solve_space_charge", "fundamentals.electrochemical_equilibrium", study="fundamentals"),
    message:
        "Electrochemical equilibrium and space charge"
    shell:
        RUN


rule solve_defect_equilibria:
    output:
        concentrations="results/fundamentals/defect_concentrations.parquet",
        conductivity="results/fundamentals/defect_conductivity.parquet",
        disorder="results/fundamentals/intrinsic_disorder.parquet",
        values="results/fundamentals/defect_values.parquet",
    log:
        "results/logs/fundamentals/solve_defect_equilibria.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.solve_defect_equilibria", "fundamentals.point_defects", study="fundamentals"),
    message:
        "Point defects, their carriers and what these conduct"
    shell:
        RUN


rule compute_transition_states:
    output:
        summary="results/fundamentals/transition_states.parquet",
        modes="results/fundamentals/hop_vibrations.parquet",
        paths="results/fundamentals/hop_paths.parquet",
        participation="results/fundamentals/hop_participation.parquet",
        rates="results/fundamentals/hop_rates.parquet",
    log:
        "results/logs/fundamentals/compute_transition_states.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.compute_transition_states", "fundamentals.transition_states", study="fundamentals"),
    message:
        "Barrier, vibrations and rates of a hop"
    shell:
        RUN


rule compute_isotope_effects:
    output:
        summary="results/fundamentals/isotope_effects.parquet",
        measured="results/fundamentals/isotope_measurements.parquet",
        exponents="results/fundamentals/isotope_exponents.parquet",
        models="results/fundamentals/isotope_models.parquet",
    log:
        "results/logs/fundamentals/compute_isotope_effects.log",
    conda:
        ENVIRONMENT
    params:
        **script(
            "fundamentals.compute_isotope_effects",
            "fundamentals.transition_states",
            "fundamentals.isotope_effects",
            study="fundamentals",
        ),
    message:
        "Isotope effects on hopping"
    shell:
        RUN


rule compute_barrier_crossing:
    output:
        rates="results/fundamentals/crossing_rates.parquet",
        turnover="results/fundamentals/friction_turnover.parquet",
        unstable="results/fundamentals/unstable_configurations.parquet",
        hops="results/fundamentals/ion_hop_rates.parquet",
        values="results/fundamentals/crossing_values.parquet",
    log:
        "results/logs/fundamentals/compute_barrier_crossing.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.compute_barrier_crossing", "fundamentals.barrier_crossing", study="fundamentals"),
    message:
        "Barrier crossing: transition states, friction, unstable modes"
    shell:
        RUN


rule simulate_langevin:
    output:
        diffusion="results/fundamentals/langevin_diffusion.parquet",
        passages="results/fundamentals/langevin_passages.parquet",
        time_steps="results/fundamentals/langevin_time_steps.parquet",
    log:
        "results/logs/fundamentals/simulate_langevin.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.simulate_langevin", "fundamentals.barrier_crossing", study="fundamentals"),
    message:
        "Langevin dynamics over barriers"
    shell:
        RUN


rule compute_breathing_modes:
    output:
        temperatures="results/fundamentals/breathing_temperatures.parquet",
        frequencies="results/fundamentals/breathing_frequencies.parquet",
        lowerings="results/fundamentals/breathing_lowerings.parquet",
        quenched="results/fundamentals/quenched_bottlenecks.parquet",
        values="results/fundamentals/breathing_values.parquet",
    log:
        "results/logs/fundamentals/compute_breathing_modes.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.compute_breathing_modes", "fundamentals.breathing_mode", study="fundamentals"),
    message:
        "Hops through a breathing bottleneck"
    shell:
        RUN


rule compute_soft_modes:
    output:
        amplitudes="results/fundamentals/soft_mode_amplitudes.parquet",
        values="results/fundamentals/soft_mode_values.parquet",
    log:
        "results/logs/fundamentals/compute_soft_modes.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.compute_soft_modes", "fundamentals.soft_mode", study="fundamentals"),
    message:
        "Soft modes and Lindemann's criterion"
    shell:
        RUN


rule compute_correlation_factors:
    output:
        infinite="results/fundamentals/correlation_factors.parquet",
        finite="results/fundamentals/periodic_correlation_factors.parquet",
        mechanisms="results/fundamentals/mechanism_haven_ratios.parquet",
    log:
        "results/logs/fundamentals/compute_correlation_factors.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.compute_correlation_factors", "fundamentals.correlation_factors", study="fundamentals"),
    message:
        "Correlation factors and Haven ratios"
    shell:
        RUN


rule analyse_garnet_network:
    input:
        structures=RESOURCES + "/garnets/llzo_sites.csv",
        site_list=RESOURCES + "/garnet_lattice_gas_cc-by-sa/llzo_lattice_site_list.dat",
        published=RESOURCES + "/garnet_lattice_gas_cc-by-sa/garnet_data_noninteracting.csv",
    output:
        sites="results/fundamentals/garnet_sites.parquet",
        bonds="results/fundamentals/garnet_bonds.parquet",
        wraps="results/fundamentals/garnet_percolation.parquet",
        thresholds="results/fundamentals/garnet_thresholds.parquet",
        values="results/fundamentals/garnet_values.parquet",
    log:
        "results/logs/fundamentals/analyse_garnet_network.log",
    conda:
        ENVIRONMENT
    params:
        **script("fundamentals.analyse_garnet_network", "fundamentals.garnet_network", study="fundamentals"),
    message:
        "The lithium network of garnets"
    shell:
        RUN


FUNDAMENTALS_ARTIFACTS = [
    output
    for rule in (
        rules.solve_space_charge,
        rules.solve_defect_equilibria,
        rules.compute_transition_states,
        rules.compute_isotope_effects,
        rules.compute_barrier_crossing,
        rules.simulate_langevin,
        rules.compute_breathing_modes,
        rules.compute_soft_modes,
        rules.compute_correlation_factors,
        rules.analyse_garnet_network,
    )
    for output in rule.output
]
