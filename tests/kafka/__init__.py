"""Tests on a real Apache Kafka: one broker for the run, fresh topics for each test."""
