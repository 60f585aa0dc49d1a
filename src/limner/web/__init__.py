"""What every server of ours stands on: listening, deadlines, limits, and whose requests are heard at all."""
