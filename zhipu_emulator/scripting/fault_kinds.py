"""The kinds of fault that can be ordered, and what their values look like."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FORMS", "HABITS", "INSTEAD", "KINDS"]

# They are answers themselves: beside another answer they would not be seen.
INSTEAD = ("error", "status", "empty", "string-error", "flat")

KINDS: Mapping[str, str] = {
    "error": "CODE or CODE/STATUS: the business error in its envelope",
    "message": "with error: its text",
    "retry-after": "with error, status, empty: that header",
    "status": "STATUS: the HTML page of a gateway",
    "empty": "STATUS: no body at all",
    "string-error": "STATUS: error is a plain string",
    "flat": "CODE: HTTP 200 with code, msg and success: false",
    "drop": "fin or rst: the connection closes before a byte was sent",
    "delay": "SECONDS before the answer",
    "type": "a wrong content type",
    "coding": "NAMES: the header content-encoding, of a body that is not coded so",
    "extra": "the whole answer comes twice, one behind the other on the connection",
    "cut": "N, then the connection closes (FIN)",
    "reset": "N, then the connection is reset (RST)",
    "stall": "N or N/SECONDS, then silence; without SECONDS until the client leaves",
    "ping": "COUNT comment lines before each event",
    "ping-stall": "N or N/SECONDS, then nothing but comment lines",
    "splice": "N: the next event is cut in the middle and another stream's is glued to it",
    "garbage": "N: the next event is not JSON",
    "bad-utf8": "N: the next event is not UTF-8",
    "error-frame": "N/CODE: then an event with that error, [DONE], end",
    "finish": "REASON: the finish_reason",
    "habits": "NAME,NAME: what GLM does to an answer now and then; see HABITS",
    "no-finish": "the stream ends before the event with finish_reason, [DONE] included",
    "no-done": "no [DONE]",
    "finish-twice": "the event with finish_reason comes twice, usage in the second",
    "call-index": "NUMBER: the index of every streamed tool call",
    "crlf": "events end with CR LF",
    "chop": "BYTES a piece",
    "pace": "SECONDS between the pieces",
}

# All in answers of the chat, whole and streamed; those of calls need an answer that calls.
HABITS: Mapping[str, str] = {
    "null_arguments": "the arguments of each call are null",
    "twice_encoded_arguments": "the arguments are a JSON string that contains the JSON",
    "nested_as_text": "objects and lists in the arguments are JSON text",
    "same_call_id": "all calls have the id of the first",
    "index_zero": "all calls have the index 0",
    "name_with_newline": "a line break follows the name of each function",
    "box_marks": "<|begin_of_box|> and <|end_of_box|> are around the text",
    "lone_think_end": "the thoughts are in the text and end with </think>, which nothing opens",
    "split_emoji": "in a stream the two halves of an emoji are in two chunks; one is added to a "
    "text that has none",
    "bare_sound": "spoken sound has no WAV header, and comes in padded pieces in a stream",
}

_STATUS = r"[2-5]\d\d"
_COUNT = r"\d{0,9}"
_SECONDS = r"\d{1,6}(?:\.\d{1,6})?"
_HABIT = f"(?:{'|'.join(HABITS)})"
_THEN_SILENCE = rf"{_COUNT}(?:/{_SECONDS})?"

# What a value must look like, where not any text will do.
FORMS: Mapping[str, str] = {
    "error": rf"\d+(?:/{_STATUS})?",
    "status": _STATUS,
    "empty": rf"(?:{_STATUS})?",
    "string-error": rf"(?:{_STATUS})?",
    "flat": r"\d*",
    "drop": "(?:fin|rst)?",
    "delay": _SECONDS,
    "coding": r"[\w, -]{1,100}",
    "extra": "",
    "cut": _COUNT,
    "reset": _COUNT,
    "stall": _THEN_SILENCE,
    "ping": _COUNT,
    "ping-stall": _THEN_SILENCE,
    "splice": _COUNT,
    "garbage": _COUNT,
    "bad-utf8": _COUNT,
    "habits": rf"{_HABIT}(?:\s*,\s*{_HABIT})*",
    "error-frame": r"\d*/\d+",
    "call-index": r"-?\d{1,9}",
    "chop": _COUNT,
    "pace": _SECONDS,
}
