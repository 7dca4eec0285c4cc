"""Errors that reach a person: one clear line that says what to do, and an exit code."""


class EntasError(Exception):
    """Something that a person has to mend; its message is the one line they read. Exit code 1."""

    exit_code = 1


class UsageError(EntasError):
    """The command or its arguments are wrong. Exit code 2."""

    exit_code = 2


class HeldError(EntasError):
    """A gate held the report, or `--strict` met a rejected upload. Exit code 3.

    Attributes:
        reasons: one Indonesian sentence for each thing that holds.
    """

    exit_code = 3

    def __init__(self, message: str, reasons: list[str] | None = None) -> None:
        super().__init__(message)
        self.reasons = list(reasons or [])


class UnreachableError(EntasError):
    """A server or a store does not answer: nothing is wrong with the data, and a later attempt may succeed."""
