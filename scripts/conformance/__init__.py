"""Google's own tests against our server."""
