#!/bin/sh
# Name the Web PubSub resource in config/resources.yaml, where nothing is watched yet.
set -eu
file=config/resources.yaml
if grep -q '^resources: \[\]$' "$file"; then
  sed "s|^resources: \[\]\$|resources:\n  - ${AZURE_WEB_PUBSUB_ID}|" "$file" > "$file.new"
  mv "$file.new" "$file"
  echo "$file now names ${AZURE_WEB_PUBSUB_ID}."
fi
