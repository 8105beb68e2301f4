"""What both frameworks' prompts are tried with: three texts, and a question that one answers."""

from __future__ import annotations

TEXTS = [
    "The harbour office opens at half past seven.",
    "Berths cost 24 euros a night, showers included.",
    "Dogs must be kept on a lead on the quay.",
]
QUESTION = "How much does a berth cost a night?"
