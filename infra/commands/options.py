"""Options that several commands have, apart so that none imports another for them."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path(__file__).parents[2] / ".onestop"
DEFAULT_URL = "http://127.0.0.1:8080"
Url = Annotated[str, typer.Option("--url", envvar="ONESTOP_URL", help="Where the portal answers.")]
Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Where the data and the logs of all parts are kept.",
        show_default="the project's .onestop",
    ),
]
