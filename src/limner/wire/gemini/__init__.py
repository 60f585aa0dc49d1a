"""Google's generateContent format, both ways: pure mapping between lifted documents and Limner's own words.

fields      reading one field, whatever its spelling      schema      which fields a request may have
parts       one part of a turn                            violations  what in a request breaks the schema
request     a request, both ways                          chunks      one document of an answer, and merging them
reply       an answer, both ways; judged                  dialects    answers in OpenAI's and Imagen's shape
stream      an answer as a stream's events                outcomes    how an answer ended
errors      error bodies, both ways                       details     what an error body says
markdown    pictures that hide in text
"""
