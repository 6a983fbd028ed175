"""Photos of the simulated feed, drawn. ``pictures`` is where to start: it draws each kind of photo."""
