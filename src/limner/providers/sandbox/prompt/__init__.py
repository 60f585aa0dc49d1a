"""From words to a scene: what a prompt asks for, as plain JSON that can be stored, tested and edited."""
