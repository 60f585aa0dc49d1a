"""The durable job queue: requests to models that survive the end of the process."""
