"""Headers of picture files, read in small pieces: one module a format, standard library only."""
