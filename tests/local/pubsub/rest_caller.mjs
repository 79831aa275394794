// Microsoft's REST client for Node, asked for everything that it can do; each answer is printed.
import { AzureKeyCredential, WebPubSubServiceClient, odata } from "@azure/web-pubsub";

const [endpoint, key, hub, connectionId, userId] = process.argv.slice(2);
const service = new WebPubSubServiceClient(endpoint, new AzureKeyCredential(key), hub);
const room = service.group("room");

const steps = {
  sendToAll: () => service.sendToAll({ n: 1 }),
  sendToUser: () => service.sendToUser(userId, "to the user", { contentType: "text/plain" }),
  sendToConnection: () => service.sendToConnection(connectionId, new Uint8Array([0, 1]).buffer),
  addConnection: () => room.addConnection(connectionId),
  sendToGroup: () => room.sendToAll("to the room", { contentType: "text/plain", filter: odata`userId eq ${userId}` }),
  connectionExists: () => service.connectionExists(connectionId),
  noConnection: () => service.connectionExists("none"),
  userExists: () => service.userExists(userId),
  groupExists: () => service.groupExists("room"),
  grant: () => service.grantPermission(connectionId, "sendToGroup", { targetName: "room" }),
  hasPermission: () => service.hasPermission(connectionId, "sendToGroup", { targetName: "room" }),
  revoke: () => service.revokePermission(connectionId, "sendToGroup", { targetName: "room" }),
  hasNoPermission: () => service.hasPermission(connectionId, "sendToGroup", { targetName: "room" }),
  members: async () => {
    const members = [];
    for await (const member of await room.listConnections()) members.push(member.userId);
    return members;
  },
  removeConnection: () => room.removeConnection(connectionId),
  addUser: () => room.addUser(userId),
  removeUser: () => room.removeUser(userId),
  addToGroups: () => service.addConnectionsToGroups(["a", "b"], odata`userId eq ${userId}`),
  removeFromGroups: () => service.removeConnectionsFromGroups(["a"], odata`userId eq ${userId}`),
  leftA: () => service.groupExists("a"),
  inB: () => service.groupExists("b"),
  removeFromAll: () => service.removeUserFromAllGroups(userId),
  token: async () => (await service.getClientAccessToken({ userId, groups: ["room"] })).baseUrl,
  closeGroup: () => room.closeAllConnections(),
  closeUser: () => service.closeUserConnections(userId, { reason: "go home" }),
  closeConnection: () => service.closeConnection(connectionId),
  closeAll: () => service.closeAllConnections(),
};

for (const [name, step] of Object.entries(steps)) {
  try {
    const answer = await step();
    const isVoid = answer === undefined || (typeof answer === "object" && !Array.isArray(answer));
    console.log(JSON.stringify([name, isVoid ? null : answer]));
  } catch (error) {
    console.log(JSON.stringify([name, `failed: ${error.statusCode ?? error.message}`]));
  }
}
