"""What may be ordered in advance: faults and whole answers.

An answer is said with ``say``, ``call`` and ``think``, which ``+`` puts together::

    server.script(say("42"))
    server.script(think("I need the weather.") + call("get_weather", city="Oslo"), say("Snow."))

Orders are taken first in, first out, one a request. With a condition an order waits for the request
that meets it, wherever it is in the line::

    server.script(say("Bonjour"), system="Answer in French")
    server.script(call("add", a=1, b=2), tool="add", times=3)
    server.assert_all_used()  # at the end of a test

A fault is a text, as in ``server.script("error=1302; retry-after=2")`` or in the header
``x-emulator-fault`` of a request; ``zhipu_emulator.scripting.fault_kinds.KINDS`` lists the kinds.

GLM has habits that an agent must survive, and each can be ordered by its name, for an answer that
the emulator makes up (a fault) or for a message of yours::

    server.script("habits=null_arguments")
    server.script(say("42", habits=("box_marks", "lone_think_end")))
    zhipu_emulator.serve(habits=("same_call_id", "index_zero"), habit_rate=0.2)  # now and then

======================== ===========================================================
null_arguments           the arguments of each call are ``null``
twice_encoded_arguments  the arguments are a JSON string that contains the JSON
nested_as_text           objects and lists in the arguments are JSON text
same_call_id             all calls have the id of the first
index_zero               all calls have the index 0
name_with_newline        a line break follows the name of each function
box_marks                ``<|begin_of_box|>`` and ``<|end_of_box|>`` around the text
lone_think_end           the thoughts are in the text and end with ``</think>``
split_emoji              in a stream the halves of an emoji are in two chunks
bare_sound               the voice model's sound has no WAV header; in a stream it is in pieces
======================== ===========================================================

For the command line and for other languages, ``zhipu_emulator.scripting.files`` reads the same from
JSON, and ``script`` takes its objects: ``server.script({"say": "42", "times": 2})``.
"""

from zhipu_emulator.scripting.items import (
    Answer,
    Fault,
    Item,
    call,
    check_habits,
    say,
    think,
)
from zhipu_emulator.scripting.orders import Condition, Order, Script
from zhipu_emulator.scripting.reading import order, read

__all__ = [
    "Answer",
    "Condition",
    "Fault",
    "Item",
    "Order",
    "Script",
    "call",
    "check_habits",
    "order",
    "read",
    "say",
    "think",
]
