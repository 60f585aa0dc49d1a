import os

from limner import Client

with Client(home=os.environ["BENCH_HOME"]) as limner:
    limner.generate("a red fox in snow", out=os.environ["BENCH_OUT"])
