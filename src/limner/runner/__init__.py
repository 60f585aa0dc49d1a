"""Runs of workflows carried out: what the engine decides becomes calls, files, and what a person sees."""
