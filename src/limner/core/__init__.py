"""Limner's own vocabulary: frozen values, standard library only, no input or output."""
