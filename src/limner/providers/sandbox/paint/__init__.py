"""From a scene to pixels: backdrops, subjects, light, lens and lettering."""
