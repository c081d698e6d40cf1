"""One file per analysis: its part of a run's page, from the run's folder alone. Each file is named like its analysis."""
