"""Draw the claims ledger: one mark a claim, by source and verdict."""

from pipeline.figure_style import BLUE, GREEN, GREY, RED, figure
from pipeline.job import Job, run
from pipeline.ledger import VERDICTS

COLOURS = dict(zip(VERDICTS, (GREEN, BLUE, RED, GREY), strict=True))
IN_A_ROW = 20
LONGEST, MOST_LINES = 8, 3  # letters and lines of a name that fit into its square at full size


def plot_claims(job: Job) -> None:
    """Blocks of named squares, one block a source."""
    claims = job.table("claims")
    sources = list(claims.groupby(["source", "kind"], sort=False))
    rows = sum(-(-len(part) // IN_A_ROW) + 1 for _, part in sources)
    with figure(job, width=7.2, height=0.55 + 0.33 * rows) as (_, axis):
        top = 0
        for (source, kind), part in sources:
            about = "statements of the source" if kind == "source" else "statements beyond it"
            axis.text(-0.46, -top - 0.02, f"{source}: {len(part)} {about}", fontweight="bold", va="bottom")
            for i, row in enumerate(
                part.sort_values("verdict", key=lambda v: v.map(VERDICTS.index), kind="stable").itertuples()
            ):
                x, y = i % IN_A_ROW, -top - 0.6 - i // IN_A_ROW
                axis.add_patch(axis_square(x, y, COLOURS[row.verdict]))
                lines = row.claim.split("-")
                squeeze = min(1, LONGEST / max(map(len, lines)), MOST_LINES / len(lines))
                axis.text(
                    x,
                    y,
                    "\n".join(lines),
                    ha="center",
                    va="center",
                    fontsize=5.2 * squeeze,
                    color="white" if row.verdict != "not testable" else "black",
                )
            top += -(-len(part) // IN_A_ROW) + 1
        for verdict in VERDICTS:
            axis.plot(
                [], [], "s", color=COLOURS[verdict], ms=6, label=f"{verdict} ({(claims['verdict'] == verdict).sum()})"
            )
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, handletextpad=0.2)
        axis.set(xlim=(-0.6, IN_A_ROW - 0.4), ylim=(-top + 0.2, 0.5))
        axis.axis("off")


def axis_square(x: float, y: float, colour: str):
    """One mark."""
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, color=colour, lw=0)


if __name__ == "__main__":
    run(plot_claims)
