"""From view to action: what turns a view of a post into an action, as a library of rooms.

Start with ``posts`` (a table of posts), ``betabinomial`` (the regression of counts out of views), ``models``
(forecasts) or ``advice`` (effects of what an author controls). Each room's page says what is inside and in which order
to read it.
"""

__version__ = "0.1.0"
