"""Theory of ion transport in solids: hopping matrices, mean fields, conductivity."""
