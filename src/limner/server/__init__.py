"""The HTTP front end: speaks Google's Gemini wire format, with the sandbox behind it."""
