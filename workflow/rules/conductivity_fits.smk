# Conductivity models fitted to measured sigma(T): the garnets of the project, and a folder of the user's own.
from pipeline.conductivity_tables import tables_in
from pipeline.fit_datasets import MEASURED, dataset_name

_garnets = [f"{RESOURCES}/garnets/garnet_llto_conductivity.csv"]
_own = config["conductivity_fits"]["data"]

# name: (tables, columns that their headers do not tell)
FIT_DATASETS = {name: (_garnets, columns) for name, columns in MEASURED.items()}
OWN_FITS = []
if _own:
    try:
        _tables, _skipped = tables_in(_own)
    except ValueError as error:
        raise WorkflowError(f"conductivity_fits.data: {error}") from None
    _name = dataset_name(_own)
    FIT_DATASETS[_name] = (list(map(str, _tables)), config["conductivity_fits"]["columns"])
    OWN_FITS = [f"results/fits/{_name}/fits.md", f"results/figures/fits/{_name}"]
    if _skipped and workflow.is_main_process:
        logger.warning(f"conductivity_fits.data: not read, as no table: {', '.join(_skipped)}")
elif "fit" in sys.argv[1:]:
    raise WorkflowError(
        "conductivity_fits.data: say which folder holds your CSV files, there or by make fit DATA=folder"
    )


wildcard_constraints:
    dataset="[a-z0-9_-]+",


def fit_parameters(wildcards):
    """The section without the folder, which is told by the inputs, and with the columns of the dataset."""
    section = config["conductivity_fits"] | {"columns": FIT_DATASETS[wildcards.dataset][1]}
    del section["data"]
    return configuration.canonical_json({"conductivity_fits": section})


def fit_figure_parameters(wildcards):
    return configuration.canonical_json({"figures": config["figures"]})


def fit_page_parameters(wildcards):
    confidence = {"confidence": config["conductivity_fits"]["confidence"]}
    return configuration.canonical_json({"conductivity_fits": confidence})


rule fit_series:
    input:
        data=lambda wildcards: FIT_DATASETS[wildcards.dataset][0],
    output:
        points="results/fits/{dataset}/points.parquet",
        parameters="results/fits/{dataset}/parameters.parquet",
        comparison="results/fits/{dataset}/comparison.parquet",
        curves="results/fits/{dataset}/curves.parquet",
        residuals="results/fits/{dataset}/residuals.parquet",
        status="results/fits/{dataset}/status.parquet",
    log:
        "results/logs/fits/{dataset}/fit_series.log",
    conda:
        ENVIRONMENT
    params:
        **script("conductivity_fits.fit_series", study="conductivity_fits", parameters=fit_parameters),
    message:
        "Conductivity models fitted to {wildcards.dataset}"
    shell:
        RUN


rule tabulate_fits:
    input:
        status=rules.fit_series.output.status,
        comparison=rules.fit_series.output.comparison,
        parameters=rules.fit_series.output.parameters,
    output:
        page="results/fits/{dataset}/fits.md",
    log:
        "results/logs/fits/{dataset}/tabulate_fits.log",
    conda:
        ENVIRONMENT
    params:
        **script("conductivity_fits.tabulate_fits", study="conductivity_fits", parameters=fit_page_parameters),
    message:
        "Table of the fits to {wildcards.dataset}"
    shell:
        RUN


rule plot_series:
    input:
        points=rules.fit_series.output.points,
        parameters=rules.fit_series.output.parameters,
        comparison=rules.fit_series.output.comparison,
        curves=rules.fit_series.output.curves,
        residuals=rules.fit_series.output.residuals,
    output:
        folder=directory("results/figures/fits/{dataset}"),
    log:
        "results/logs/fits/{dataset}/plot_series.log",
    conda:
        ENVIRONMENT
    params:
        **script("conductivity_fits.plot_series", study="conductivity_fits", parameters=fit_figure_parameters),
    message:
        "A figure for each series of {wildcards.dataset}"
    shell:
        RUN


FIT_ARTIFACTS = [
    f"results/fits/{dataset}/{artifact}"
    for dataset in FIT_DATASETS
    for artifact in (*(f"{name}.parquet" for name in rules.fit_series.output.keys()), "fits.md")
]


rule fit:
    input:
        OWN_FITS,
    message:
        "Fits to your own data"
