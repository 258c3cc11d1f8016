# Artifacts that must not be trusted are removed before planning, so that they are made again: files cut short (their end
# is missing), and, where Snakemake's own records are gone, files whose metadata tell other parameters or other code.
from pipeline.freshness import untrusted


def _expectations():
    for rule in workflow.rules:
        if "parameters" in rule.params.keys():
            for output in rule.output:
                yield output, rule.params.parameters, rule.params.source


if workflow.is_main_process:
    _recorded = any(Path(".snakemake/metadata").glob("*"))
    for _path, _reason in untrusted(Path("results"), None if _recorded else list(_expectations())):
        if {"-n", "--dry-run", "--dryrun"} & set(sys.argv):
            logger.warning(f"{_path} is {_reason}: a real run makes it again")
        else:
            logger.warning(f"{_path} is {_reason}: it is made again")
            _path.unlink()
