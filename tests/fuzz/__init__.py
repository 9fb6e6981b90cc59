"""Nonsense in, sentences out: generated and mutated rule files and conditions, as many as one likes."""
