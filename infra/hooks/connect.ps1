# Deploy what points at the code. A hub that has settings of its own is left alone: it would be written whole.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false # a hub that is not there is no error here
$hub = "$env:EVENT_HUB_NAME"
if ($hub) {
  $handlers = az resource show --ids "$env:AZURE_WEB_PUBSUB_ID/hubs/$hub" --query "join(' ', properties.eventHandlers[].urlTemplate)" --output tsv
  $isNew = $LASTEXITCODE -eq 3
  $isOurs = $LASTEXITCODE -eq 0 -and "$handlers" -notmatch ' ' -and "$handlers".StartsWith("https://$env:AZURE_FUNCTION_APP_NAME.")
  if (-not ($isNew -or $isOurs)) {
    Write-Host "The hub $hub is there already, or cannot be read, and is left alone; docs/events.md tells how to add our handler."
    $hub = ''
  }
}
$tenant = if ($env:ALERT_TENANT) { $env:ALERT_TENANT } else { $env:AZURE_TENANT_ID }
az deployment group create `
  --name linekeeper-connect `
  --subscription $env:AZURE_SUBSCRIPTION_ID `
  --resource-group $env:AZURE_RESOURCE_GROUP `
  --template-file infra/bicep/connect.bicep `
  --output none `
  --parameters `
  functionAppName="$env:AZURE_FUNCTION_APP_NAME" `
  webPubSubId="$env:AZURE_WEB_PUBSUB_ID" `
  appWorkspaceId="$env:AZURE_APP_WORKSPACE_ID" `
  heartbeatEmail="$env:HEARTBEAT_EMAIL" `
  hubName="$hub" `
  alertAudience="$env:ALERT_AUDIENCE" `
  alertApplicationId="$env:ALERT_APPLICATION_ID" `
  alertTenant="$tenant" `
  eventsAudience="$env:EVENTS_AUDIENCE"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
if (-not $env:HEARTBEAT_EMAIL) {
  Write-Host 'Nobody is told when the app itself is silent: azd env set HEARTBEAT_EMAIL <address>, then azd deploy.'
}
