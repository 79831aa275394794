// All categories of a Web PubSub resource, which may exist already, go to the workspace.
param webPubSubName string
param workspaceId string

@description('Two settings of one resource may not send a category to the same workspace.')
param sendsLogs bool

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

// Metrics are read where they are free: no query reads their table, which would be paid for.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (sendsLogs) {
  name: 'linekeeper'
  scope: webPubSub
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}
