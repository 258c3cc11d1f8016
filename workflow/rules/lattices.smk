# Each lattice of the configuration: hopping matrices -> spectrum, conductivity tensor.


wildcard_constraints:
    lattice="[a-z][a-z0-9_]*",


def lattice_parameters(wildcards):
    return configuration.canonical_json({wildcards.lattice: config["lattices"][wildcards.lattice]})


def hops_table(wildcards):
    table = config["lattices"][wildcards.lattice].get("hops_table")
    return [table] if table else []


rule build_hopping_matrices:
    input:
        hops_table=hops_table,
    output:
        geometry="results/lattices/{lattice}/geometry.parquet",
        hops="results/lattices/{lattice}/hops.parquet",
        matrices="results/lattices/{lattice}/hopping_matrices.parquet",
    log:
        "results/logs/lattices/{lattice}/build_hopping_matrices.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattices.build_hopping_matrices", study="lattices", parameters=lattice_parameters),
    message:
        "Hopping matrices of {wildcards.lattice}"
    shell:
        RUN


rule compute_spectrum:
    input:
        geometry=rules.build_hopping_matrices.output.geometry,
        hops=rules.build_hopping_matrices.output.hops,
        matrices=rules.build_hopping_matrices.output.matrices,
    output:
        spectrum="results/lattices/{lattice}/spectrum.parquet",
        eigenvectors="results/lattices/{lattice}/eigenvectors.parquet",
    log:
        "results/logs/lattices/{lattice}/compute_spectrum.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattices.compute_spectrum", study="lattices", parameters=lattice_parameters),
    message:
        "Density waves of {wildcards.lattice}"
    shell:
        RUN


rule compute_lattice_conductivity:
    input:
        geometry=rules.build_hopping_matrices.output.geometry,
        hops=rules.build_hopping_matrices.output.hops,
    output:
        conductivity="results/lattices/{lattice}/conductivity.parquet",
    log:
        "results/logs/lattices/{lattice}/compute_conductivity.log",
    conda:
        ENVIRONMENT
    params:
        **script("lattices.compute_conductivity", study="lattices", parameters=lattice_parameters),
    message:
        "Conductivity tensor of {wildcards.lattice}"
    shell:
        RUN


LATTICE_ARTIFACTS = expand(
    "results/lattices/{lattice}/{artifact}.parquet",
    lattice=config["lattices"],
    artifact=["geometry", "hops", "hopping_matrices", "spectrum", "eigenvectors", "conductivity"],
)
