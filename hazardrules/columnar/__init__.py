"""Whole tables of subjects: Arrow in, Arrow out; the only room that imports pyarrow and numpy."""
