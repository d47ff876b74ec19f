"""The published language of the system: events, forms, and each procedure group as data.

Imports pydantic and nothing of ours. A procedure group is one folder here; the package path is
open, so a group may also live in another distribution, or in a test, under the same name.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
