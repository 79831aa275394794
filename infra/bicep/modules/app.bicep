// The function app, on Flex Consumption, with every setting that the code reads.
@minLength(2)
@maxLength(60)
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageAccountName string
param packageContainer string

@description('The container of the files that count before those of the package.')
param configContainer string
param applicationInsightsConnection string
param workspaceGuid string
param vaultUri string

@description('Whether the vault holds the address of a Teams workflow.')
param hasTeamsWebhook bool

@description('Whether access keys sign tokens and prove events; otherwise the identity asks for tokens.')
param usesAccessKeys bool
param webPubSubHost string

@description('The host of Communication Services whose tokens are given; empty: none.')
param acsHost string
param canaryHub string
param alertAudience string
param alertTenant string

@description('Whether alerts in Azure get the state of their incidents; the role for it is given with it.')
param changesAlertState bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    // Who reads the secrets that settings refer to; without it a system-assigned identity would, which is not there.
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.11'
      }
      scaleAndConcurrency: {
        // The smallest upper limit of Microsoft's samples. Timers and queues need one instance each; alerts come in bursts.
        maximumInstanceCount: 40
        // A diagnosis holds its rows in memory beside the SDKs. The service refuses 512 at this API version.
        instanceMemoryMB: 2048
        // Nothing is always ready. Each timer and each queue is a group of its own; only that of the notices, asked for
        // every 15 seconds, never idles. What starts cold is late by that start, and an alert that is not taken comes again.
        alwaysReady: []
        triggers: {
          // An anonymous page must not take the threads that a valid alert needs.
          http: { perInstanceConcurrency: 16 }
        }
      }
    }
  }
}

// Siblings: of two resources that stand inside of another, checkov reads the last alone.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    // Read by the host, and by the app as its own account. There is no connection string.
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
    AZURE_CLIENT_ID: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnection
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    // All triggers of a process share one pool of threads, by default four more than it has cores. Ours wait for
    // answers most of the time, so a page that waits for a silent workspace must not hold up an alert.
    PYTHON_THREADPOOL_THREAD_COUNT: '32'
    // What would have nothing to do is not called: each call costs at least a second of an instance.
    'AzureWebJobs.try_line.Disabled': empty(canaryHub) ? 'true' : 'false'
    'AzureWebJobs.set_alert_states.Disabled': changesAlertState ? 'false' : 'true'

    // When it looks.
    WATCH_SCHEDULE: '0 * * * * *'
    TRACK_SCHEDULE: '30 * * * * *'
    NOTICE_SCHEDULE: '*/15 * * * * *'
    CANARY_SCHEDULE: '15,45 * * * * *'
    CANARY_HUB: canaryHub
    SERVICE_HEALTH_SCHEDULE: '45 * * * * *'
    MISSED_ALERTS_SCHEDULE: '0 */15 * * * *'
    DISCOVER_SCHEDULE: '0 */15 * * * *'
    REVIEW_SCHEDULE: '0 0 6 * * *'

    // Whom it asks.
    LOGS_ENDPOINT: 'https://api.loganalytics.io'
    LOGS_WORKSPACE: workspaceGuid
    METRICS_ENDPOINT: 'https://{region}.metrics.monitor.azure.com'
    ARM_ENDPOINT: environment().resourceManager
    ENTRA_ENDPOINT: environment().authentication.loginEndpoint
    WEB_PUBSUB_ENDPOINT: 'https://${webPubSubHost}'
    WEB_PUBSUB_CONNECTION: usesAccessKeys ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/web-pubsub-connection)' : ''
    WEB_PUBSUB_CONNECTION_SECONDARY: usesAccessKeys ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/web-pubsub-connection-secondary)' : ''
    WEB_PUBSUB_SIGNING_KEY: 'primary'
    ACS_CONNECTION: ''
    ACS_ENDPOINT: empty(acsHost) ? '' : 'https://${acsHost}'

    // Whom it tells, and who may ask.
    TEAMS_WEBHOOK_URL: hasTeamsWebhook ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/teams-webhook-url)' : ''
    HEALTH_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/health-key)'
    USER_ID_SALT: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/user-id-salt)'
    SHOW_USER_IDS: 'false'
    ALERT_AUDIENCE: alertAudience
    ALERT_TENANT: alertTenant
    SET_ALERT_STATES: changesAlertState ? 'true' : 'false'
    NEGOTIATE_KEY: ''
    PUBLIC_URL: 'https://${app.properties.defaultHostName}/api'

    // For how many days each kind is kept; empty: as docs/operations.md says.
    KEEP_ALERTS_DAYS: ''
    KEEP_NOTICES_DAYS: ''
    KEEP_DECISIONS_DAYS: ''
    KEEP_DIAGNOSES_DAYS: ''
    KEEP_REPORTS_DAYS: ''
    KEEP_DEAD_LETTERS_DAYS: ''
    KEEP_QUARANTINE_DAYS: ''
    KEEP_INCIDENTS_DAYS: ''

    // What a team adds: its own files, pages and handlers are deployed with the app; files of the container need no
    // deployment.
    CONFIG_FOLDER: ''
    CONFIG_CONTAINER: configContainer
    PLAYBOOKS_FOLDER: ''
    PLAYBOOKS_URL: ''
    EVENT_HANDLERS: ''
  }
}

output name string = app.name
