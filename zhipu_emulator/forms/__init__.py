"""Prompts that say in words what form the answer has: text agents, choices, verdicts, extracts.

Frameworks write them for models without functions or JSON schemas. The form is read from the
prompt: its labels, its example, its list of tools.
"""
