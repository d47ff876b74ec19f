"""The services. They never import each other; they share `contracts` and `services.chassis`."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
