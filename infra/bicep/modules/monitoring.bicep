// Where logs go: those of what is watched, and those of the app itself. Either may exist already and is only read then.
param workspaceName string
param applicationInsightsName string

@description('The id of an existing workspace; empty: one is created.')
param workspaceId string

@description('The id of an existing Application Insights resource; empty: one is created.')
param applicationInsightsId string
param location string
param tags object

@description('How long rows are kept, in days.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 30

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (empty(workspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    features: { disableLocalAuth: true }
  }
}

var workspaceParts = split(empty(workspaceId) ? workspace.id : workspaceId, '/')

resource usedWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: last(workspaceParts)
  scope: resourceGroup(workspaceParts[2], workspaceParts[4])
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = if (empty(applicationInsightsId)) {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    WorkspaceResourceId: empty(workspaceId) ? workspace.id : workspaceId
  }
}

var applicationInsightsParts = split(empty(applicationInsightsId) ? applicationInsights.id : applicationInsightsId, '/')

resource usedApplicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: last(applicationInsightsParts)
  scope: resourceGroup(applicationInsightsParts[2], applicationInsightsParts[4])
}

output workspaceId string = empty(workspaceId) ? workspace.id : workspaceId
output workspaceGuid string = empty(workspaceId) ? workspace.properties.customerId : usedWorkspace.properties.customerId
output applicationInsightsId string = empty(applicationInsightsId) ? applicationInsights.id : applicationInsightsId
output appWorkspaceId string = empty(applicationInsightsId) ? (empty(workspaceId) ? workspace.id : workspaceId) : usedApplicationInsights.properties.WorkspaceResourceId
output connection string = empty(applicationInsightsId) ? applicationInsights.properties.ConnectionString : usedApplicationInsights.properties.ConnectionString
