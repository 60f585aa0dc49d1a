"""From an instruction to a changed picture: exact on a scene, by pixels on anything else."""
