"""A register file or GIS file in, participants and a report out."""
