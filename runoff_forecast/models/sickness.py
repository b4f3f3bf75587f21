"""The error of a sampler whose diagnostics fail; apart from the sampler, so that catching it does not load pymc."""


class SickPosterior(RuntimeError):
    """The draws cannot be trusted; the message names the diagnostic, the parameter and what to try."""
