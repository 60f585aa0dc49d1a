"""Pixels: opening pictures safely, showing them in a terminal, fetching one from the clipboard."""
