#!/bin/sh
# Deploy what points at the code. A hub that has settings of its own is left alone: it would be written whole.
set -eu
hub="${EVENT_HUB_NAME:-}"
if [ -n "$hub" ]; then
  status=0
  handlers=$(az resource show --ids "$AZURE_WEB_PUBSUB_ID/hubs/$hub" --query "join(' ', properties.eventHandlers[].urlTemplate)" --output tsv) || status=$?
  case "$status:$handlers" in
    3:*) is_free=yes ;; # there is no such hub yet
    *" "*) is_free=no ;; # of several handlers only ours would stay
    "0:https://$AZURE_FUNCTION_APP_NAME."*) is_free=yes ;;
    *) is_free=no ;;
  esac
  if [ "$is_free" = no ]; then
    echo "The hub $hub is there already, or cannot be read, and is left alone; docs/events.md tells how to add our handler."
    hub=""
  fi
fi
az deployment group create \
  --name linekeeper-connect \
  --subscription "$AZURE_SUBSCRIPTION_ID" \
  --resource-group "$AZURE_RESOURCE_GROUP" \
  --template-file infra/bicep/connect.bicep \
  --output none \
  --parameters \
  functionAppName="$AZURE_FUNCTION_APP_NAME" \
  webPubSubId="$AZURE_WEB_PUBSUB_ID" \
  appWorkspaceId="$AZURE_APP_WORKSPACE_ID" \
  heartbeatEmail="${HEARTBEAT_EMAIL:-}" \
  hubName="$hub" \
  alertAudience="${ALERT_AUDIENCE:-}" \
  alertApplicationId="${ALERT_APPLICATION_ID:-}" \
  alertTenant="${ALERT_TENANT:-$AZURE_TENANT_ID}" \
  eventsAudience="${EVENTS_AUDIENCE:-}"
if [ -z "${HEARTBEAT_EMAIL:-}" ]; then
  echo "Nobody is told when the app itself is silent: azd env set HEARTBEAT_EMAIL <address>, then azd deploy."
fi
