"""Parts of a run's page, made from its folder alone: one file per analysis, named like it."""
