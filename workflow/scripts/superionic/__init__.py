"""The study of Hu et al. (2026), superionic phase transitions."""
