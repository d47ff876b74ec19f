"""What the portal says to something that is sent, in words for people."""

from dataclasses import dataclass
from typing import Any

import httpx

NO_ANSWER = 0


@dataclass(frozen=True)
class Answer:
    """What the portal said to one declaration. Status 0: nothing, within the client's patience."""

    status: int
    case_id: str | None = None
    problem: dict[str, Any] | None = None

    @property
    def accepted(self) -> bool:
        """Whether there is a case now."""
        return self.status == 202

    def sentence(self) -> str:
        """Return the answer in a few words, for people."""
        return f"HTTP {self.status} {self.why()}".rstrip() if self.status else "no answer"

    def why(self) -> str:
        """Return what is wrong with each field, or else the sentence of the problem."""
        problem = self.problem or {}
        errors = problem.get("errors") or []
        where = "; ".join(f"{error['field']}: {error['message']['en']}" for error in errors)
        return where or str(problem.get("detail") or "")


def answer_of(response: httpx.Response) -> Answer:
    """Return what the portal said, to a declaration or to anything else that is sent."""
    body = body_of(response)
    problem = None if response.is_success else dict(body)
    return Answer(response.status_code, body.get("case_id"), problem)


def differs(response: httpx.Response, status: int) -> str | None:
    """Return how an answer differs from one of this status, in a few words, for people."""
    if response.status_code == status:
        return None
    return f"HTTP {response.status_code}, not {status}: {answer_of(response).why()}".rstrip(": ")


def body_of(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; what is none becomes a problem with that text."""
    try:
        body = response.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"detail": response.text[:200]}
