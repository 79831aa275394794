"""A small Functions host: the real triggers, without Core Tools, in real or in virtual time."""

from local.host.call import Invocation
from local.host.host import Host
from local.host.index import Function, functions_of, functions_of_the_app

__all__ = ["Function", "Host", "Invocation", "functions_of", "functions_of_the_app"]
