#!/bin/sh
# Rights of each role, rendered by `nattevagt topics acls`. Run it with the address of a broker, then
# what kafka-acls.sh needs to log in:  sh acls.sh kafka:9092 --command-config admin.properties
set -eu
at="$1"; shift; login="$*"
add() {
  user="$1"; shift
  kafka-acls.sh --bootstrap-server "$at" $login --add --allow-principal "$user" "$@"
}
add 'User:devices' --operation Write --topic 'measurements.v1'
add 'User:gateway' --operation Write --topic 'measurements.v1'
add 'User:web' --operation Write --topic 'commands.v1'
add 'User:care-systems' --operation Write --topic 'commands.v1'
add 'User:notify' --operation Write --topic 'commands.v1'
add 'User:care-plan-owner' --operation Write --topic 'care-plans.v1'
add 'User:device-owner' --operation Write --topic 'device-bindings.v1'
add 'User:hospitals' --operation Write --topic 'clinical-outcomes.v1'
add 'User:clinicians' --operation Write --topic 'clinical-outcomes.v1'
add 'User:care-team' --operation Write --topic 'coverage.v1'
add 'User:operator' --operation Write --topic 'rules.v1'
add 'User:learn' --operation Write --topic 'models.v1'
add 'User:operator' --operation Write --topic 'models.v1'
add 'User:worker' --operation Write --topic 'patient-events.v1'
add 'User:worker' --operation Write --topic 'scores.v1'
add 'User:worker' --operation Write --topic 'overview.v1'
add 'User:worker' --operation Write --topic 'notices.v1'
add 'User:worker' --operation Write --topic 'replies.v1'
add 'User:worker' --operation Write --topic 'rejected.v1'
add 'User:worker' --operation Write --topic 'examples.v1'
add 'User:learn' --operation Write --topic 'learner-state.v1'
add 'User:worker' --operation Write --topic 'audit.v1'
add 'User:worker' --operation Write --topic 'nattevagt-state-changelog'
add 'User:worker' --operation Write --topic 'alerts.v1.' --resource-pattern-type prefixed
add 'User:worker' --operation Read --topic 'measurements.v1'
add 'User:worker' --operation Read --topic 'commands.v1'
add 'User:worker' --operation Read --topic 'care-plans.v1'
add 'User:worker' --operation Read --topic 'device-bindings.v1'
add 'User:worker' --operation Read --topic 'clinical-outcomes.v1'
add 'User:worker' --operation Read --topic 'coverage.v1'
add 'User:worker' --operation Read --topic 'rules.v1'
add 'User:worker' --operation Read --topic 'models.v1'
add 'User:worker' --operation Read --topic 'patient-events.v1'
add 'User:worker' --operation Read --topic 'nattevagt-state-changelog'
add 'User:learn' --operation Read --topic 'coverage.v1'
add 'User:learn' --operation Read --topic 'rules.v1'
add 'User:learn' --operation Read --topic 'models.v1'
add 'User:learn' --operation Read --topic 'examples.v1'
add 'User:learn' --operation Read --topic 'learner-state.v1'
add 'User:operator' --operation Read --topic 'coverage.v1'
add 'User:operator' --operation Read --topic 'rules.v1'
add 'User:operator' --operation Read --topic 'models.v1'
add 'User:operator' --operation Read --topic 'learner-state.v1'
add 'User:care-team' --operation Read --topic 'coverage.v1'
add 'User:care-team' --operation Read --topic 'rules.v1'
add 'User:care-team' --operation Read --topic 'models.v1'
add 'User:worker' --operation Read --group 'nattevagt'
add 'User:worker' --operation DescribeConfigs --cluster
add 'User:worker' --operation Describe --operation DescribeConfigs --topic '*'
add 'User:learn' --operation DescribeConfigs --cluster
add 'User:learn' --operation Describe --operation DescribeConfigs --topic '*'
add 'User:operator' --operation DescribeConfigs --cluster
add 'User:operator' --operation Describe --operation DescribeConfigs --topic '*'
add 'User:care-team' --operation DescribeConfigs --cluster
add 'User:care-team' --operation Describe --operation DescribeConfigs --topic '*'
add 'User:operator' --operation Create --operation AlterConfigs --topic '*'
add 'User:care-team' --operation Create --topic 'alerts.v1.' --resource-pattern-type prefixed
add 'User:notify' --operation Read --topic 'notices.v1'
add 'User:notify' --operation Read --group 'nattevagt-notify'
add 'User:watchdog' --operation Write --topic 'measurements.v1'
add 'User:watchdog' --operation Write --topic 'commands.v1'
add 'User:watchdog' --operation Write --topic 'care-plans.v1'
add 'User:watchdog' --operation Write --topic 'device-bindings.v1'
add 'User:watchdog' --operation Read --topic 'alerts.v1.watchdog'
add 'User:watchdog' --operation Read --topic 'audit.v1'
add 'User:watchdog' --operation Read --topic 'coverage.v1'
add 'User:watchdog' --operation Read --topic 'rules.v1'
add 'User:watchdog' --operation Read --topic 'models.v1'
