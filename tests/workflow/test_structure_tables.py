"""Tables of crystal structures: the shipped one on the ideal garnet network, and faults with their lines."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.structure_tables import read_structures
from superion.lattice import garnet
from superion.site_positions import IA_3D, nearest_sites, operations_along_c, symmetry_group

GARNETS = Path(__file__).resolve().parents[2] / "workflow/resources/garnets/llzo_sites.csv"
ORIGIN = (0, 1 / 4, -1 / 8)  # of I4_1/acd, origin choice 1, in Ia-3d
NEAR = 0.05  # of the lattice constant: a third of the distance to the next site

HEAD = "composition,space_group,a_A,c_A,element,label,multiplicity,x,y,z,occupancy\n"
ROW = "LiX,Ia-3d,12,12,Li,Li0,24,0,0.25,0.375,1\n"


def test_shipped_structures_lie_on_the_garnet_network():
    network, group = garnet(conventional=True), symmetry_group(IA_3D)
    structures = {structure.composition: structure for structure in read_structures(GARNETS)}
    assert len(structures) == 3
    for structure in structures.values():
        ordered = structure.space_group == "I41/acd:1"
        own, shift = (operations_along_c(group), ORIGIN) if ordered else (group, (0, 0, 0))
        found = {}
        for site in structure.sites:
            orbit = own.orbit(np.add(site.position, shift))
            assert len(orbit) == site.multiplicity
            if site.element == "Li":
                number, distance = nearest_sites(network, orbit)
                assert distance.max() < NEAR
                found[site.multiplicity] = np.unique(number)
        kinds = {count: {network.site_names[n].split("_")[0] for n in sites} for count, sites in found.items()}
        if ordered:
            assert kinds == {8: {"tetrahedral"}, 16: {"octahedral"}, 32: {"octahedral"}}
            assert np.union1d(found[16], found[32]).tolist() == list(range(24, 72))  # all octahedra are filled
            assert len(found[8]) == 8
        else:
            assert kinds == {24: {"tetrahedral"}, 96: {"octahedral"}}
            assert [len(found[24]), len(found[96])] == [24, 48]


def test_lithium_of_the_tetragonal_garnet():
    (structure,) = (s for s in read_structures(GARNETS) if s.composition == "Li7La3Zr2O12")
    assert sum(s.multiplicity * s.occupancy for s in structure.sites if s.element == "Li") == 56
    assert (structure.a_A, structure.c_A) == (13.1279, 12.6715)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD.replace("occupancy", "filling") + ROW,
            r"structures.csv: must have the columns .*, lacks \['occupancy'\]",
        ),
        (HEAD + ROW + "# note\n" + ROW.replace("0.375", "q"), "structures.csv:4: z must be a number, got 'q'"),
        (HEAD + ROW.replace("0.375", "nan"), "structures.csv:2: z must be a number, got 'nan'"),
        (HEAD + ROW.replace(",1\n", "\n"), "structures.csv:2: occupancy must be a number, got ''"),
        (HEAD + ROW + ROW.replace(",12,12,", ",12,13,"), "structures.csv:3: LiX must have one space group and cell"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path, text, message):
    path = tmp_path / "structures.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_structures(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"structures .*absent\.csv: cannot be read"):
        read_structures(tmp_path / "absent.csv")
