#!/bin/sh
# Name the deployed resources in config/resources.yaml, where nothing is watched yet.
set -eu
file=config/resources.yaml
if grep -q '^resources: \[\]$' "$file"; then
  lines=""
  for id in "$AZURE_WEB_PUBSUB_ID" "${AZURE_COMMUNICATION_SERVICES_ID:-}"; do
    [ -z "$id" ] || lines="$lines\\n  - $id"
  done
  sed "s|^resources: \[\]\$|resources:$lines|" "$file" > "$file.new"
  mv "$file.new" "$file"
  echo "$file names what is watched now:"
  grep '^  - ' "$file"
elif [ -n "${AZURE_COMMUNICATION_SERVICES_ID:-}" ] && ! grep -qF "$AZURE_COMMUNICATION_SERVICES_ID" "$file"; then
  echo "$file has resources of its own and is left alone. To watch Communication Services too, add: - $AZURE_COMMUNICATION_SERVICES_ID"
fi
