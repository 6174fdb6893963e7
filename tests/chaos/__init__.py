"""Crash runs on a real Kafka: worker and broker die at random moments, and afterwards nothing may be missing."""
