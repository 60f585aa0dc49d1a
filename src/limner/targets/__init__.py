"""Where finished pictures are copied to for others to fetch: a folder, S3, Google Cloud Storage, Firebase."""
