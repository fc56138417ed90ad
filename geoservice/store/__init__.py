"""Where clusters and registers are kept."""
