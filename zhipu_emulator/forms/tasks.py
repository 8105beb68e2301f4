"""Tasks that a prompt states: a title, a summary, a question to rephrase, an answer to refine."""

from __future__ import annotations

import re

from zhipu_emulator.brain.words import covered, sentences, terms
from zhipu_emulator.content.similarity import keywords

_LABEL = re.compile(
    r"\b(?:concise )?\b(title|summary|keywords|passage|(?:standalone|new) question)>?"
    r"\s{0,9}[:\n]?\W{0,9}\Z",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"(?:write|give|summari[sz]e|generate|based on|format|here is|please|try|note|given|provide"
    r"|your (?:task|goal|job)|if)\b|title|\W*$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:context|here is [^:\n]{0,60}|[\w ]{0,40}following)\s*:\s*", re.IGNORECASE
)
_ASKED = re.compile(
    r"(?:^[ \t<>]*|\. )(?:follow[- ]up (?:input|message|question)|(?:original )?question|query)>?"
    r"(?: is as follows)?[ \t]{0,9}[:\n][ \t]{0,9}(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_EXISTING = re.compile(
    r"(?:an existing (?:answer|summary)[^:\n]{0,40}|^original answer)[ \t]*:[ \t]*(.{1,4000}?)\n"
    r"(?:We have|New Answer|\s*\n)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_RULE = re.compile(r"^-{4,}$", re.MULTILINE)
_NEW_CONTEXT, _QUERY_OF_IT = "\nNew Context:", re.compile(r"\n *Query:")
_QUESTIONS = re.compile(
    r"\bgenerate (\d{1,2}) (?:different versions|questions|search queries|relevant questions)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"^> Question: (.+)\n> Context:\n>>>\n(.*?)\n>>>", re.MULTILINE | re.DOTALL)
_SCORED = "Score: [score between 0 and 100]"
_SYNONYMS, _QUERY = "separated by '^'", re.compile(r"^QUERY: (.+)$", re.MULTILINE)
_UNKNOWN = re.compile(r"\b(?:does not say|don't know|do not know)\b|资料里没有|不知道")
_ENOUGH, _MOST, _LONGEST = 0.34, 3, 60


def written(text: str) -> str | None:
    """What is wanted; None where the prompt is for none of these tasks."""
    if asked := _PARTS.search(text):
        return _extracted(text, asked[1], asked[2])
    if _SYNONYMS in text and (found := _QUERY.search(text, text.index(_SYNONYMS))):
        return "^".join(_synonyms(found[1]))
    if _SCORED in text:
        return _scored(text)
    if (old := _EXISTING.findall(text)) and (new := _new_context(text)) is not None:
        return _refined(text, old[-1].strip(), new.strip())
    if several := _QUESTIONS.search(text):
        return _questions(text, int(several[1]))
    label = _LABEL.search(text[-120:])
    return _labelled(label[1].lower(), text) if label else None


def _asked(text: str) -> str:
    return "".join(_ASKED.findall(text)[-1:]).strip()


def _content(text: str) -> str:
    """What a prompt is about, without the sentences that say what to do with it."""
    text = _LABEL.sub("", text)
    parts = (_LEAD.sub("", part).strip(" \"'\n") for part in sentences(text.replace('"', "\n")))
    return " ".join(part for part in parts if part and not _ORDERS.match(part))


def _labelled(label: str, text: str) -> str | None:
    if label.endswith("question"):
        return _asked(text) or None
    about = _content(text)
    if label == "passage":
        return f"A passage that answers the question. {_asked(text) or about}"
    if not about:
        return None
    if label == "keywords":
        most = re.search(r"\b(\d{1,2}) (?:\w+ )?keywords", text)
        return ", ".join(keywords(about, int(most[1]) if most else 10))
    first = sentences(about)
    if label == "title":
        return first[0].rstrip(".。!！?？")[:_LONGEST]
    return ("" if about[:1] > "\u3000" else " ").join(first[:_MOST])


def _best(question: str, text: str) -> tuple[float, str]:
    asked = terms(question, numbers=True)
    scored = [(covered(asked, terms(one, numbers=True)), one) for one in sentences(text)]
    return max(scored, key=lambda pair: pair[0], default=(0.0, ""))


def _new_context(text: str) -> str | None:
    """What there is to refine an answer with: between two rules, or behind its own label."""
    parts = _RULE.split(text, maxsplit=2)
    if len(parts) > 2:
        return parts[1]
    new = f"\n{text}".partition(_NEW_CONTEXT)[2]
    end = _QUERY_OF_IT.search(new)
    return new[: end.start()] if end else None


def _refined(text: str, old: str, new: str) -> str:
    question = _asked(text) or "".join(re.findall(r"as follows: (.+)", text)[-1:])
    if not question:
        return f"{old} {' '.join(sentences(new)[:1])}"  # a summary grows
    worth, sentence = _best(question, new)
    better = _UNKNOWN.search(old) or worth > covered(terms(question), terms(old))
    return sentence if better and worth >= _ENOUGH else old


def _extracted(text: str, question: str, context: str) -> str | None:
    worth, sentence = _best(question, context)
    if "NO_OUTPUT" in text:
        return sentence if worth >= _ENOUGH else "NO_OUTPUT"
    return ("YES" if worth >= _ENOUGH else "NO") if "YES" in text else None


def _scored(text: str) -> str:
    context = re.split(r"\n(?:---------|Question:)", text.rpartition("Context:\n")[2])[0]
    worth, sentence = _best(_asked(text), context)
    if worth < _ENOUGH:
        return "This document does not answer the question\nScore: 0"
    return f"{sentence}\nScore: {round(100 * min(1.0, worth))}"


def _questions(text: str, count: int) -> str:
    """Other ways to ask a question, else questions that a text answers."""
    asked = _asked(text)
    if asked:
        plain = asked.rstrip("?？")
        ways = (asked, f"Please tell me: {plain}?", " ".join(keywords(asked)))
        return "\n".join(ways[n] if n < len(ways) else f"{asked} ({n + 1})" for n in range(count))
    about = keywords(_content(text), count) or ["it"]
    words = [about[n % len(about)] for n in range(count)]
    return "\n".join(f"{n}. What does the text say about {w}?" for n, w in enumerate(words, 1))


def _synonyms(question: str) -> list[str]:
    names = re.findall(r"(?<!^)\b[A-Z]\w+(?: [A-Z]\w+)*", question)
    return list(dict.fromkeys([*names, *keywords(question)]))
