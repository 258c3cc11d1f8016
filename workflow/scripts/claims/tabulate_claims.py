"""Tabulate the claims ledger for reading: Markdown, and HTML for the report."""

import html
import math

from pipeline.job import Job, run
from pipeline.ledger import summary

STYLE = """<style>
body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;max-width:80em}
table{border-collapse:collapse}td,th{border-top:1px solid #ccc;padding:.35em .6em;text-align:left;vertical-align:top}
.reproduced{color:#228833}.corrected{color:#4477AA}.not-reproduced{color:#AA3355}.not-testable{color:#666}
td small{color:#555}</style>"""


def number(value: float) -> str:
    """Seven digits, or nothing."""
    return "" if math.isnan(value) else f"{value:.7g}"


def comparison(row) -> str:
    """Value and target with the relation between them; of the corrected form where that is what holds."""
    if row.verdict == "not testable":
        return row.reason
    if row.verdict == "corrected":
        printed = f"{row.quantity}: {number(row.value)} against {number(row.target)}"
        return f"{printed}; corrected: {number(row.corrected_value)} against {number(row.corrected_target)}"
    return f"{row.quantity}: {number(row.value)} ({row.relation} {number(row.target)})"


def tabulate_claims(job: Job) -> None:
    """Write claims.md and claims.html."""
    claims = job.table("claims")
    markdown, page = (
        ["# Claims ledger", ""],
        [f"<!doctype html><meta charset=utf-8><title>Claims ledger</title>{STYLE}", "<h1>Claims ledger</h1>"],
    )
    for source, part in claims.groupby("source", sort=False):
        counts = summary(list(part["kind"]), list(part["verdict"])).capitalize()
        markdown += [f"## {source}", "", f"{counts}.", ""]
        markdown += ["| claim | where | statement | computed in this run | verdict |", "|---|---|---|---|---|"]
        page += [
            f"<h2>{html.escape(source)}</h2><p>{counts}.</p>",
            "<table><tr><th>claim<th>where<th>statement<th>computed in this run<th>verdict</tr>",
        ]
        for row in part.itertuples():
            statement = row.statement + (" (beyond the source)" if row.kind == "beyond" else "")
            note = f"<br>{row.note}" if row.note else ""
            cells = [row.claim, row.location, statement + note, comparison(row), row.verdict]
            markdown.append("| " + " | ".join(cell.replace("|", "\\|").strip() for cell in cells) + " |")
            shown = f"{html.escape(statement)}<br><small>{html.escape(row.note)}</small>"
            page.append(
                f"<tr><td>{row.claim}<td>{html.escape(row.location)}<td>{shown}<td>{html.escape(comparison(row))}"
                f"<td class={row.verdict.replace(' ', '-')}>{row.verdict}</tr>"
            )
        markdown.append("")
        page.append("</table>")
    for name, lines in (("markdown", markdown), ("html", page)):
        job.output[name].write_text("\n".join(lines) + ("" if name == "markdown" else "\n"), encoding="utf-8")


if __name__ == "__main__":
    run(tabulate_claims)
