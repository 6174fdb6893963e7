"""nattevagt, the night watch: readings from home in; triage, alerts and an audit trail out. README.md has the map."""
