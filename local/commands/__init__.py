"""The commands of the command line, one module each."""

from local.commands import (
    cases,
    check_config,
    diagnose,
    explain,
    export,
    picture,
    query,
    redeliver,
    replay,
    rotate_key,
    send_test,
    serve,
)

COMMANDS = (
    cases,
    replay,
    diagnose,
    query,
    check_config,
    serve,
    export,
    explain,
    picture,
    rotate_key,
    redeliver,
    send_test,
)
