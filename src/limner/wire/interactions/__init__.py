"""Google's Interactions format over generateContent: pure mapping between lifted documents, both ways.

request   what is asked, as a generateContent request      reply    the answer, as an interaction with its steps
turns     its input, as turns                              events   an interaction as a stream's events
schema    which fields there are
"""
