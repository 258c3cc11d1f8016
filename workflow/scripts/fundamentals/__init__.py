"""The fundamentals of ion transport in solids."""
