"""One file per question to a study: each takes a Study, composes the methods below, and returns Findings."""
