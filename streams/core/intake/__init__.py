"""Intake: what bytes, headers and record time show, and nothing else."""
