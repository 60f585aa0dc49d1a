"""Imagen's `:predict` format: pure mapping between lifted documents and plain values.

schema    which fields there are, and which of them on Vertex AI only      request    what is asked
reply     what is answered
"""
