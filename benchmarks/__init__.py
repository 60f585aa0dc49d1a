"""Speed and memory of Limner, beside its peers and the floor, as ratios in one run.

    python -m benchmarks             everything: 6 to 8 minutes, writes the tables into benchmarks/README.md
    python -m benchmarks --quick     the same in about 1 minute, fewer cells and rounds; writes nothing but the terminal

server        the loopback provider: Gemini replies from memory, in its own process
worker        one measured process: N pictures by one client; prints one line of JSON
throughput    many pictures at once, each client in turn
cold_start    from process start to one picture on disk, and what imports cost
transports    the alternatives to `http.client`, behind the seam of `limner.core.transport`
sandbox       the drawing itself
"""
