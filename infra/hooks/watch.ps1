# Name the deployed resources in config/resources.yaml, where nothing is watched yet.
$ErrorActionPreference = 'Stop'
$file = 'config/resources.yaml'
$text = Get-Content $file -Raw
$ids = @($env:AZURE_WEB_PUBSUB_ID, $env:AZURE_COMMUNICATION_SERVICES_ID) | Where-Object { $_ }
if ($text -match '(?m)^resources: \[\]\r?$') {
  $lines = ($ids | ForEach-Object { "`n  - $_" }) -join ''
  $text = $text -replace '(?m)^resources: \[\]\r?$', "resources:$lines"
  Set-Content $file $text -NoNewline
  Write-Host "$file names what is watched now: $ids"
} elseif ($env:AZURE_COMMUNICATION_SERVICES_ID -and -not $text.Contains($env:AZURE_COMMUNICATION_SERVICES_ID)) {
  Write-Host "$file has resources of its own and is left alone. To watch Communication Services too, add: - $env:AZURE_COMMUNICATION_SERVICES_ID"
}
