"""The book without Quarto: chapters run by nbclient, numbered and linked here, made into a site by smalldocs.

Read in this order: ``project`` (what a book is), ``qmd`` (a chapter's source, read and run), ``book`` (notebooks into
pages), ``website`` (pages into a site). Of one page: ``cells``, ``spans``, ``maths``, ``crossref``, ``floats``,
``citations``.
"""
