// What Azure Monitor tells the app of, beside what it sees itself: an outage of the app must not hide one of the lines.
param prefix string
param webPubSubId string
param actionGroupId string
param tags object

// One alert for each category or status: a rule over all of them would fire for clients that left as they should.
var metricRules = [
  {
    name: 'closes'
    description: 'Connections end for a reason that is not the client\'s.'
    metric: 'ConnectionCloseCount'
    aggregation: 'Total'
    threshold: 100
    severity: 2
    window: 'PT15M'
    dimensions: [
      {
        name: 'ConnectionCloseCategory'
        operator: 'Exclude'
        values: ['Normal', 'ClosedByAppServer', 'PingTimeout', 'ServiceReload']
      }
    ]
  }
  {
    name: 'handshakes'
    description: 'Clients are refused with one status.'
    metric: 'ClientRequestStatus'
    aggregation: 'Total'
    threshold: 50
    severity: 2
    window: 'PT15M'
    dimensions: [
      {
        name: 'Status'
        operator: 'Exclude'
        values: ['101', '200', '204']
      }
    ]
  }
  {
    name: 'quota'
    description: 'Nearly as many connections as the units allow; new ones are refused at 100 %.'
    metric: 'ConnectionQuotaUtilization'
    aggregation: 'Maximum'
    threshold: 85
    severity: 2
    window: 'PT5M'
    dimensions: []
  }
  {
    name: 'load'
    description: 'The service is busy: below 70 % its latency stays low.'
    metric: 'ServerLoad'
    aggregation: 'Maximum'
    threshold: 70
    severity: 2
    window: 'PT5M'
    dimensions: []
  }
]

resource metrics 'Microsoft.Insights/metricAlerts@2018-03-01' = [for rule in metricRules: {
  name: '${prefix}-${rule.name}'
  location: 'global'
  tags: tags
  properties: {
    description: rule.description
    severity: rule.severity
    enabled: true
    scopes: [webPubSubId]
    evaluationFrequency: 'PT1M'
    windowSize: rule.window
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: rule.name
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.SignalRService/WebPubSub'
          metricName: rule.metric
          timeAggregation: rule.aggregation
          operator: 'GreaterThan'
          threshold: rule.threshold
          dimensions: rule.dimensions
        }
      ]
    }
    actions: [
      { actionGroupId: actionGroupId }
    ]
  }
}]

// Of every service: under which name Web PubSub stands there is not published, and a rule on a wrong one never fires.
var here = subscription().id

resource serviceHealth 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${prefix}-service-health'
  location: 'Global'
  tags: tags
  properties: {
    description: 'Azure declares an incident, or announces maintenance, of a service of this subscription.'
    enabled: true
    scopes: [here]
    condition: {
      allOf: [
        { field: 'category', equals: 'ServiceHealth' }
      ]
    }
    actions: {
      actionGroups: [
        { actionGroupId: actionGroupId }
      ]
    }
  }
}

resource resourceHealth 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${prefix}-resource-health'
  location: 'Global'
  tags: tags
  properties: {
    description: 'Azure says that the resource itself is not well.'
    enabled: true
    scopes: [webPubSubId]
    condition: {
      allOf: [
        { field: 'category', equals: 'ResourceHealth' }
        {
          anyOf: [
            { field: 'properties.currentHealthStatus', equals: 'Degraded' }
            { field: 'properties.currentHealthStatus', equals: 'Unavailable' }
            { field: 'properties.currentHealthStatus', equals: 'Available' }
          ]
        }
      ]
    }
    actions: {
      actionGroups: [
        { actionGroupId: actionGroupId }
      ]
    }
  }
}
