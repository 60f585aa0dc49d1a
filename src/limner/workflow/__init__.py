"""workflow.json without any I/O: file, templates, forms, graph, and the engine that decides what is next."""
