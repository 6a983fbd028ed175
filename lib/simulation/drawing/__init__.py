"""Photos of the simulated feed. Read ``pictures`` first: it draws each kind of photo."""
