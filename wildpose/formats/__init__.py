"""Annotation and exchange files, each format once."""
