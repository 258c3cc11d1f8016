"""Draw a lattice: its hops, and the decay rate and frequency of its density waves along a path."""

import numpy as np

from pipeline.figure_style import BLACK, GREY, PALETTE, RED, figure, panel_letters
from pipeline.job import Job, run


def draw_structure(axis, geometry, hops, dimension: int) -> None:
    """Sites of one cell and the hops that leave them; in 3D, one oblique view."""
    sites = geometry[geometry["kind"] == "site"]
    place = sites[["x", "y", "z"]].to_numpy()
    step = hops[["displacement_x", "displacement_y", "displacement_z"]].to_numpy()
    start = sites.set_index("name").loc[hops["origin"], ["x", "y", "z"]].to_numpy()
    # Cabinet projection: z goes up, x comes towards the reader.
    view = np.array([[-0.35, -0.28], [1, 0], [0, 1]]) if dimension == 3 else np.array([[1, 0], [0, 1], [0, 0]])
    flat, ends = start @ view, (start + step) @ view
    for (x0, y0), (x1, y1), kind in zip(flat, ends, hops["kind"], strict=True):
        bend = 0.5 * np.abs(x1 - x0) if dimension == 1 else 0
        across = np.linspace(0, 1, 21)
        axis.plot(
            x0 + across * (x1 - x0),
            y0 + across * (y1 - y0) + np.sign(x1 - x0) * bend * across * (1 - across),
            color=GREY if kind == 0 else BLACK,
            lw=1,
            zorder=1,
        )
    axis.plot(*ends.T, "o", mfc="white", mec=GREY, ms=4, zorder=2)
    for name, point, colour in zip(sites["name"], place @ view, PALETTE * 8, strict=False):
        axis.plot(*point, "o", color=colour, ms=5.5, zorder=3, label=name.replace("_", " "))
    axis.set_aspect("equal" if dimension > 1 else "auto")
    axis.margins(0.15) if dimension > 1 else axis.margins(0.1, 1.2)
    axis.axis("off")
    if len(sites) <= 6:
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=3, handletextpad=0.1, columnspacing=0.8)


def plot_lattice(job: Job) -> None:
    """Structure and decay rates; frequencies too where a field makes density waves travel."""
    name = next(section for section in job.parameters if section != "figures")
    geometry, hops = job.table("geometry"), job.table("hops")
    spectrum, tensor = job.table("spectrum"), job.table("conductivity")
    dimension = int((geometry["kind"] == "cell vector").sum())
    corners = spectrum[(spectrum["branch"] == 0) & (spectrum["label"] != "")]
    panels = [("decay_rate_per_step", r"decay rate $\kappa\tau = 1-|p|$")]
    if spectrum["eigenvalue_imaginary"].abs().max() > 1e-9:
        panels.append(("frequency_per_step", r"frequency $\omega\tau = \arg p$"))
    widths = [0.8] + [1] * len(panels)
    with figure(job, 1, len(widths), width=2.7 * sum(widths), height=2.6, width_ratios=widths) as (drawing, axes):
        draw_structure(axes[0], geometry, hops, dimension)
        for axis, (column, label) in zip(axes[1:], panels, strict=True):
            for branch, part in spectrum.groupby("branch"):
                axis.plot(part["path_distance"], part[column], ".", ms=1.8, color=BLACK if branch else RED)
            for distance in corners["path_distance"]:
                axis.axvline(distance, color=GREY, lw=0.6, zorder=0)
            ticks = [text.replace("G", r"$\Gamma$") if text.startswith("G") else text for text in corners["label"]]
            axis.set_xticks(corners["path_distance"], ticks)
            axis.set(ylabel=label, xlabel="wave vector", xlim=corners["path_distance"].iloc[[0, -1]])
        drawing.suptitle(summary(name, tensor), fontsize=7.5)
        panel_letters(axes)


def summary(name: str, tensor) -> str:
    """Name, diffusion coefficients, conductivity where it is known, and what is wrong with the matrix."""
    half = tensor[tensor["field_split"] == "thermodynamic"]
    diagonal = half[half["row"] == half["column"]]
    value, spread = diagonal["diffusion"].mean(), np.ptp(diagonal["diffusion"])
    if spread <= 1e-9 * value:
        values = f"$D$ = {value:.4g}"
    else:
        values = ", ".join(f"$D_{{{row.row}{row.column}}}$ = {row.diffusion:.4g}" for row in diagonal.itertuples())
    text = f"{name.replace('_', ' ')}: {values} length$^2$/step"
    sigma = diagonal["conductivity_S_per_cm"].mean()
    text += f", $\\sigma$ = {sigma:.3g} S/cm" if np.isfinite(sigma) else ""
    status = tensor["status"].iloc[0]
    return text + (f"\n({status})" if status != "ok" else "")


if __name__ == "__main__":
    run(plot_lattice)
