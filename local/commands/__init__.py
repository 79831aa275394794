"""The commands of the command line, one module each."""

from local.commands import (
    backtest,
    cases,
    check_config,
    check_playbooks,
    diagnose,
    doctor,
    drill,
    entra,
    explain,
    export,
    fetch,
    new_case,
    picture,
    query,
    redeliver,
    replay,
    review,
    rotate_key,
    send_test,
    serve,
    set_up,
    silence,
    smoke,
    trends,
)

# By what a person wants to do; the names of commands stay flat.
GROUPS = {
    "diagnose": (diagnose, review, fetch, query, export),
    "operate": (
        doctor,
        smoke,
        drill,
        check_config,
        silence,
        check_playbooks,
        explain,
        trends,
        backtest,
        send_test,
        redeliver,
        rotate_key,
        entra,
    ),
    "develop": (set_up, serve, replay, cases, new_case, picture),
}
