// What tells that the app is silent. It writes to people by e-mail: the app could not pass it on.
param prefix string
param email string
param appWorkspaceId string
param location string
param tags object

// `summarize` without `by` answers one row with 0 where there is nothing, so the rule sees the absence.
var beats = [
  {
    name: 'watch'
    description: 'No watch has completed for 15 minutes: nobody looks at the lines.'
    query: 'AppTraces | where Message startswith "watch completed" | summarize Beats = count()'
  }
  {
    name: 'track'
    description: 'No tracking has completed for 15 minutes: incidents are not followed, and nobody is told how they go on.'
    query: 'AppTraces | where Message startswith "tracking completed" | summarize Beats = count()'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-heartbeat'
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: 'heartbeat'
    enabled: true
    emailReceivers: [
      {
        name: 'on-call'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource missing 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for beat in beats: {
  name: '${prefix}-no-${beat.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${prefix}-no-${beat.name}'
    description: beat.description
    severity: 1
    enabled: true
    scopes: [appWorkspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: beat.query
          metricMeasureColumn: 'Beats'
          timeAggregation: 'Total'
          operator: 'LessThan'
          threshold: 1
          // One look is enough: the window already holds fifteen beats.
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [people.id]
    }
  }
}]
