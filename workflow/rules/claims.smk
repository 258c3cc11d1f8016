# The claims ledger: statements of the sources beside what this run computed.
from pipeline.ledger import artifacts_of, read_claims

LEDGERS = [f"{RESOURCES}/claims/{source}.yaml" for source in config["claims"]["sources"]]


def claimed_artifacts():
    """Artifacts that claims are read off; a lattice that is no longer configured leaves its claims not testable."""
    names = {name for ledger in LEDGERS for name in artifacts_of(read_claims(Path(ledger)))}
    for name in sorted(names):
        folder, item, *_ = name.split("/")
        if folder != "lattices" or item in config["lattices"]:
            yield f"results/{name}.parquet"


rule check_claims:
    input:
        ledger=LEDGERS,
        artifact=list(claimed_artifacts()),
    output:
        claims="results/claims.parquet",
    log:
        "results/logs/check_claims.log",
    conda:
        ENVIRONMENT
    params:
        **script("claims.check_claims", "claims", study="claims"),
    message:
        "Claims of the sources against the artifacts of this run"
    shell:
        RUN


rule tabulate_claims:
    input:
        claims=rules.check_claims.output.claims,
    output:
        markdown="results/claims.md",
        html=report(
            "results/claims.html",
            caption="../report/claims_table.rst",
            category="claims",
            labels={"figure": "table of all claims"},
        ),
    log:
        "results/logs/tabulate_claims.log",
    conda:
        ENVIRONMENT
    params:
        **script("claims.tabulate_claims", "claims", study="claims"),
    message:
        "Table of the claims"
    shell:
        RUN


rule plot_claims:
    input:
        claims=rules.check_claims.output.claims,
    output:
        **figure_files("results/figures/claims/claims"),
    log:
        "results/logs/plot_claims.log",
    conda:
        ENVIRONMENT
    params:
        **script("claims.plot_claims", "figures", study="claims"),
    message:
        "Figure claims/claims"
    shell:
        RUN


CLAIMS = [*rules.check_claims.output, *rules.tabulate_claims.output, rules.plot_claims.output.png]
