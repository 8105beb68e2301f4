"""Simple general rules in the place of a model: pick a function, fill it, answer from context."""
