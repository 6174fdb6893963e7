"""What becomes of scores: known outcomes, examples with their labels, and the learner's own bookkeeping. All pure."""
