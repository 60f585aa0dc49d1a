"""The command `limner`: one file per command, each imported only when it runs."""
