"""Other people's formats: bytes on the wire to small documents and back, without ever holding a picture in memory."""
