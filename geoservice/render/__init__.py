"""A Scene in, a web map or a sheet out."""
