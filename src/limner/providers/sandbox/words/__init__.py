"""What the sandbox writes: short texts, and JSON of a form that is asked for, with words taken from the prompt."""
