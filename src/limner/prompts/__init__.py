"""The craft of prompting: what is likely to go wrong with a prompt, said before it is sent."""
