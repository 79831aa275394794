// All categories of an existing Communication Services resource go to the workspace.
param communicationServicesName string
param workspaceId string

@description('Two settings of one resource may not send a category to the same workspace.')
param sendsLogs bool

resource communicationServices 'Microsoft.Communication/communicationServices@2025-05-01' existing = {
  name: communicationServicesName
}

// Metrics are read where they are free: no query reads their table, which would be paid for.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (sendsLogs) {
  name: 'linekeeper'
  scope: communicationServices
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

output host string = communicationServices.properties.hostName
