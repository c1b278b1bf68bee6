"""Errors a user can act on: what was got, what was expected, what to type next."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    NOTHING_USABLE = 3
    PARTLY_REFUSED = 4
    STORE = 5
    MODEL = 6
    INTERRUPTED = 130


class TextinsightError(Exception):
    """Base of every error raised on purpose; `hint` says what to type next."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(TextinsightError):
    """An option or argument cannot be what was given."""

    exit_code = ExitCode.USAGE


class InputError(TextinsightError):
    """An input as a whole cannot be read; single bad rows become rejects instead."""

    exit_code = ExitCode.NOTHING_USABLE


class StoreError(TextinsightError):
    """The archive cannot be read or written."""

    exit_code = ExitCode.STORE


class ModelError(TextinsightError):
    """A model file is missing, altered or does not fit."""

    exit_code = ExitCode.MODEL
