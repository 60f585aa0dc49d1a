"""The models Limner knows: what each takes, what it costs, how long it lives. Data in `models.toml`."""
