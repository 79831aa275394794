# Name the Web PubSub resource in config/resources.yaml, where nothing is watched yet.
$ErrorActionPreference = 'Stop'
$file = 'config/resources.yaml'
$text = Get-Content $file -Raw
if ($text -match '(?m)^resources: \[\]\r?$') {
  $text = $text -replace '(?m)^resources: \[\]\r?$', "resources:`n  - $env:AZURE_WEB_PUBSUB_ID"
  Set-Content $file $text -NoNewline
  Write-Host "$file now names $env:AZURE_WEB_PUBSUB_ID."
}
