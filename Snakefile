# superion: hopping matrices -> mean fields -> conductivity -> figures -> claims. `make help` lists what there is to do.
from snakemake.utils import min_version

min_version("9.13")


include: "workflow/rules/common.smk"


config = read_configuration()


report: "workflow/report/workflow.rst"


include: "workflow/rules/lattices.smk"
include: "workflow/rules/superionic.smk"
include: "workflow/rules/quasi_ion.smk"
include: "workflow/rules/time_local.smk"
include: "workflow/rules/fundamentals.smk"
include: "workflow/rules/lattice_gas.smk"
include: "workflow/rules/conductivity_fits.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"


rule all:
    default_target: True
    input:
        LATTICE_ARTIFACTS,
        SUPERIONIC_ARTIFACTS,
        QUASI_ION_ARTIFACTS,
        TIME_LOCAL_ARTIFACTS,
        FUNDAMENTALS_ARTIFACTS,
        LATTICE_GAS_ARTIFACTS,
        FIT_ARTIFACTS,
        OWN_FITS,
        FIGURES,
        CLAIMS,
    message:
        "All results"


include: "workflow/rules/freshness.smk"
