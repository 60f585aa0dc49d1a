"""What lasts: blobs (bytes by hash), the spool (replies as they arrive), the journal (every call), the library."""
