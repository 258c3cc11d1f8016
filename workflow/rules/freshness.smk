# Artifacts that must not be trusted are removed before planning, so that they are made again: files cut short (their end
# is missing), and files that Snakemake has no record of and whose metadata tell other parameters or other code.
from pipeline.freshness import is_run, recorded, untrusted


def _expectations():
    for rule in workflow.rules:
        if "parameters" in rule.params.keys():
            for output in rule.output:
                yield output, rule.params.parameters, rule.params.source


if workflow.is_main_process:
    _untrusted = list(untrusted(Path("results"), list(_expectations()), recorded(Path(".snakemake/metadata"))))
    _removes = bool(_untrusted) and is_run(sys.argv[1:])
    for _path, _reason in _untrusted:
        if _removes:
            logger.warning(f"{_path} is {_reason}: removed, to be made again")
            _path.unlink()
        else:
            logger.warning(f"{_path} is {_reason}: a real run makes it again")
