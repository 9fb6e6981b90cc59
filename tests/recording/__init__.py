"""Tests of recordings: records, bytes, files, replays."""
