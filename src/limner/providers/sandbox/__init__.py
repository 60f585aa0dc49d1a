"""The offline model: it reads a prompt into a scene and draws it with Pillow and numpy."""
