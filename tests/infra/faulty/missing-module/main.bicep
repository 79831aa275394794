module who 'identities.bicep' = {
  name: 'who'
  params: {
    name: 'lobby'
  }
}
