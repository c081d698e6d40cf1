"""Why a model errs: what its answers, those of probes on its layers, and those on shortened texts say together."""
