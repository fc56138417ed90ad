"""Where each participant stands, which regions border, and what follows for the cluster."""
