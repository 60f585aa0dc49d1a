"""The studio: a web front end on this machine, drawn by the server from what is stored."""
