"""A small Functions host: the real triggers, without Core Tools, in real or in virtual time."""

from local.host.call import Call
from local.host.host import Host
from local.host.index import functions_of, functions_of_the_app

__all__ = ["Call", "Host", "functions_of", "functions_of_the_app"]
