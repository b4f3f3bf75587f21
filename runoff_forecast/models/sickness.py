"""The errors of the two engines; apart from these, so that catching one loads neither pymc nor linear algebra."""


class SickPosterior(RuntimeError):
    """The draws cannot be trusted; the message names the diagnostic, the parameter and what to try."""


class NoMode(ArithmeticError):
    """Newton's method did not settle: the evidence contradicts itself beyond what the model can hold."""
