"""The HTTP side: pages, JSON resources and their errors."""
