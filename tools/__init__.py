"""Generators for files that are committed; nothing here runs in production."""
