"""A paper's claims and numbers, held against runs: checks, figures, the page of a paper and the overview of papers."""
