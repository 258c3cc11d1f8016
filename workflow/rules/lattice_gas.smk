# Lattice gases: exact states of small cells, Monte Carlo of large ones.
from pipeline.lattice_gas_runs import lattice_gas_runs, site_list_path

LATTICE_GAS_RUNS = lattice_gas_runs(config["lattice_gas"]["simulations"])


def lattice_gas_run_parameters(wildcards):
    """What one replica of one run depends on: neither other runs nor the number of replicas."""
    name = f"{wildcards.family}/{wildcards.run}"
    settings = {key: value for key, value in LATTICE_GAS_RUNS[name].items() if key != "replicas"}
    about = {"name": name, "replica_number": int(wildcards.replica)}
    return configuration.canonical_json({"lattice_gas.run": settings | about})


def lattice_gas_site_list(wildcards):
    """The file of sites that a run reads, if it does."""
    path = LATTICE_GAS_RUNS[f"{wildcards.family}/{wildcards.run}"].get("site_list")
    return [str(site_list_path(path))] if path else []


def of_all_replicas(artifact):
    """That artifact of every replica of every run."""
    return [
        f"results/lattice_gas/runs/{run}/replica_{replica}/{artifact}.parquet"
        for run, settings in LATTICE_GAS_RUNS.items()
        for replica in range(1, settings["replicas"] + 1)
    ]


rule enumerate_states:
    output:
        diffusion="results/lattice_gas/exact_diffusion.parquet",
        tensors="results/lattice_gas/exact_tensors.parquet",
        averages="results/lattice_gas/exact_averages.parquet",
        correlations="results/lattice_gas/exact_correlations.parquet",
    log:
        "results/logs/lattice_gas/enumerate_states.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.enumerate_states", "lattice_gas.exact_cells", study="lattice_gas"),
    message:
        "All states of small lattice gases"
    shell:
        RUN


rule simulate_lattice_gas:
    input:
        sites=lattice_gas_site_list,
    output:
        sums="results/lattice_gas/runs/{family}/{run}/replica_{replica}/sums.parquet",
        correlations="results/lattice_gas/runs/{family}/{run}/replica_{replica}/correlations.parquet",
    log:
        "results/logs/lattice_gas/simulate_lattice_gas/{family}_{run}_replica_{replica}.log",
    wildcard_constraints:
        family="[a-z][a-z0-9_]*",
        run="[^/]+",
        replica="[0-9]+",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.simulate_lattice_gas", study="lattice_gas", parameters=lattice_gas_run_parameters),
    message:
        "Lattice gas {wildcards.family} {wildcards.run}, replica {wildcards.replica}"
    shell:
        RUN


rule reduce_lattice_gas:
    input:
        sums=of_all_replicas("sums"),
        correlations=of_all_replicas("correlations"),
    output:
        diffusion="results/lattice_gas/diffusion.parquet",
        green_kubo="results/lattice_gas/green_kubo.parquet",
    log:
        "results/logs/lattice_gas/reduce_lattice_gas.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.reduce_lattice_gas", study="lattice_gas", parameters="{}"),
    message:
        "Diffusion and order of lattice gases"
    shell:
        RUN


rule compare_exact:
    input:
        diffusion=rules.reduce_lattice_gas.output.diffusion,
        green_kubo=rules.reduce_lattice_gas.output.green_kubo,
    output:
        comparison="results/lattice_gas/exact_comparison.parquet",
    log:
        "results/logs/lattice_gas/compare_exact.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.compare_exact", "lattice_gas.simulations", study="lattice_gas"),
    message:
        "Monte Carlo beside exact values"
    shell:
        RUN


rule compare_mean_field:
    input:
        diffusion=rules.reduce_lattice_gas.output.diffusion,
    output:
        order="results/lattice_gas/mean_field_order.parquet",
        conduction="results/lattice_gas/mean_field_conduction.parquet",
        critical="results/lattice_gas/mean_field_critical.parquet",
    log:
        "results/logs/lattice_gas/compare_mean_field.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.compare_mean_field", "lattice_gas.simulations", study="lattice_gas"),
    message:
        "The mean field of the superionic model put to the test"
    shell:
        RUN


rule compare_garnet:
    input:
        diffusion=rules.reduce_lattice_gas.output.diffusion,
        published=RESOURCES + "/garnet_lattice_gas_cc-by-sa/garnet_data_noninteracting.csv",
    output:
        comparison="results/lattice_gas/garnet_comparison.parquet",
    log:
        "results/logs/lattice_gas/compare_garnet.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattice_gas.compare_garnet", study="lattice_gas", parameters="{}"),
    message:
        "Lithium on the network of LLZO beside published results"
    shell:
        RUN


LATTICE_GAS_ARTIFACTS = [
    output
    for rule in (
        rules.enumerate_states,
        rules.reduce_lattice_gas,
        rules.compare_exact,
        rules.compare_mean_field,
        rules.compare_garnet,
    )
    for output in rule.output
]
