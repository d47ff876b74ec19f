"""The transfer of a piece of land: what is new, and then the release before."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
