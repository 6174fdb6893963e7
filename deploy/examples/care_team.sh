#!/bin/sh
# Print each step of a team's alerts as it comes: sh care_team.sh kafka:9092 alerts.v1.lung
# %h are the headers; ce_id tells a repeat. `watch_alive` comes every minute: none for three, and nobody watches.
exec kcat -q -b "$1" -t "$2" -C -o beginning -u -f '%h %k %s\n'
