"""The portable renderer: Quarto's chapters without Quarto. ``book`` is its whole, the other modules its parts."""
