"""What has become of a case that did not simply go well, in plain words. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from contracts.catalogue import catalogue
from contracts.group import ProcedureGroup
from contracts.model import Text
from services.portal.aftermath import Happened
from services.portal.sentences import shown
from services.portal.standing import Ends
from services.portal.views import CaseView

_GIVES_NOTHING_MORE = frozenset({"cancelled", "withdrawn"})
_TAKEN_BACK = frozenset({"refunded", "recovered"})


def told(view: CaseView, ended: Ends, happened: Sequence[Happened]) -> CaseView:
    """Return the page of a case with its account, and what has become of each procedure since."""
    group = catalogue().groups[view["group"]]
    names = [each["name"] for each in view["procedures"]]
    for each in view["procedures"]:
        each["afterwards"] = [one for one in happened if one["procedure"] == each["name"]]
    texts = account(group, names, ended, happened)
    return {**view, "account": [shown(text) for text in texts]}


def account(
    group: ProcedureGroup, bundle: Sequence[str], ended: Ends, happened: Sequence[Happened]
) -> list[Text]:
    """Return what was refused and why, what stands, and what has happened since, in this order.

    Nothing where all was granted, or is still on its way, and stands.
    """
    voided = {each["procedure"] for each in happened if each["change"] in _GIVES_NOTHING_MORE}
    refused = [name for name in bundle if _ended(name, ended) == "refused" and name not in voided]
    told = [_refused(group, name, ended) for name in refused]
    if refused or voided:
        back = {each["procedure"] for each in happened if each["change"] in _TAKEN_BACK}
        granted = [n for n in bundle if _ended(n, ended) == "granted" and n not in voided | back]
        titles = [group.procedure(name).title for name in granted]
        told += [_stands(titles)] if titles else []
    return [*told, *_since(group, happened)]


def _ended(name: str, ended: Ends) -> str | None:
    end = ended.get(name)
    return end["state"] if end else None


def _refused(group: ProcedureGroup, name: str, ended: Ends) -> Text:
    title, reason = group.procedure(name).title, ended[name].get("reason")
    return _joined(
        Text(vi=f"{title.vi}: không được giải quyết.", en=f"{title.en}: refused."),
        Text.model_validate(reason) if reason else None,
    )


def _stands(titles: Sequence[Text]) -> Text:
    vi, en = (", ".join(getattr(each, language) for each in titles) for language in ("vi", "en"))
    return Text(vi=f"Vẫn có hiệu lực: {vi}.", en=f"What stands: {en}.")


def _since(group: ProcedureGroup, happened: Sequence[Happened]) -> Iterator[Text]:
    events = catalogue().events
    for each in happened:
        title = group.procedure(each["procedure"]).title
        notice = group.notices[events[each["type"]]]
        said = Text(vi=f"{title.vi}: {notice.vi}", en=f"{title.en}: {notice.en}")
        reason = each.get("reason")
        amount = _amount(each.get("result", {}))
        yield _joined(said, amount, Text.model_validate(reason) if reason else None)


def _amount(result: Mapping[str, object]) -> Text | None:
    amount = result.get("amount")
    if not isinstance(amount, int):
        return None
    english = f"{amount:,}"
    return Text(vi=f"Số tiền: {english.replace(',', '.')} đồng.", en=f"Amount: {english} VND.")


def _joined(*texts: Text | None) -> Text:
    said = [text for text in texts if text is not None]
    return Text(vi=" ".join(each.vi for each in said), en=" ".join(each.en for each in said))
