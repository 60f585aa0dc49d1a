"""The sandbox as a model on the wire: what it answers, how strict it is, how it misbehaves on request."""
