"""The portable renderer: nbclient runs the chapters, this package numbers and links them, smalldocs builds the site.

Read in this order: ``project`` (a book and its configuration), ``source`` (a chapter's lines, with included files),
``qmd`` (a chapter, read and run), ``book`` (notebooks to pages), ``website`` (pages to a site). The parts of one page:
``cells``, ``spans``, ``maths``, ``crossref``, ``floats``, ``citations``.
"""
