"""The command line: thin commands over the pipeline. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from textinsight.errors import ExitCode, TextinsightError


def main() -> None:
    """Run the command line; exits with an `ExitCode`."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """The exit code of `textinsight ARGUMENTS…`; errors become one line and a hint on stderr."""
    import typer

    from textinsight.cli.commands import app

    # Newer Typers carry a click of their own, so that importing click's classes would catch nothing.
    misuse: type[Exception] = typer.BadParameter.__mro__[1]
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
    except misuse as error:
        return _misused(error)
    except TextinsightError as error:
        return _complain(str(error), error.hint, code=error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001  a user gets a sentence; a developer sets TEXTINSIGHT_DEBUG
        return _internal(error)
    return _interrupted() if code == ExitCode.INTERRUPTED else code


def _misused(error: Any) -> int:
    """Typer's own words for an unknown option, a missing argument, a value that is no number."""
    error.show()
    return int(error.exit_code)


def _interrupted() -> int:
    return _complain("interrupted; what was committed is kept, the same command goes on", code=ExitCode.INTERRUPTED)


def _complain(message: str, hint: str = "", *, code: ExitCode) -> int:
    sys.stderr.write(f"textinsight: {message}\n")
    if hint:
        sys.stderr.write(f"  {hint}\n")
    return int(code)


def _internal(error: Exception) -> int:
    if os.environ.get("TEXTINSIGHT_DEBUG"):
        raise error
    # Only type and place: the message of an unforeseen error may quote a transcript.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('textinsight')[2].lstrip('/')}:{frame.lineno}"
    return _complain(
        f"internal error: {type(error).__name__} at {place}",
        "please report it; TEXTINSIGHT_DEBUG=1 shows the details (they may quote your data)",
        code=ExitCode.INTERNAL,
    )
