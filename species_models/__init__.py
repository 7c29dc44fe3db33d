"""Model folders that are shipped with the package; read them with :mod:`wildpose.models`."""
