"""Pictures of the simulated feed, drawn with Pillow: ``pictures`` is the whole, the other modules what is in them."""
