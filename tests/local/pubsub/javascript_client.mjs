// The published JavaScript packages: one signs the address, the other connects, as a web page and its server do.
// What happens is printed as lines of JSON; a line of input is a command.
import { createInterface } from "node:readline";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";

const [connectionString, hub, kind] = process.argv.slice(2);
const service = new WebPubSubServiceClient(connectionString, hub);
const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
let asked = 0;

async function getClientAccessUrl() {
  asked += 1;
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  return (await service.getClientAccessToken({ userId: "bob", roles })).url;
}

const options = kind === "plain" ? { protocol: WebPubSubJsonProtocol() } : {};
const client = new WebPubSubClient({ getClientAccessUrl }, options);
client.on("connected", (e) => tell("connected", { connectionId: e.connectionId, userId: e.userId, asked }));
client.on("disconnected", (e) => tell("disconnected", { message: e.message?.message }));
client.on("group-message", (e) => {
  const { group, data, dataType, fromUserId } = e.message;
  tell("group-message", { group, dataType, fromUserId, data: dataType === "binary" ? [...new Uint8Array(data)] : data });
});
client.on("server-message", (e) => tell("server-message", { data: e.message.data, dataType: e.message.dataType }));

const commands = {
  join: (group) => client.joinGroup(group),
  leave: (group) => client.leaveGroup(group),
  send: (group, data, noEcho) => client.sendToGroup(group, data, "text", { noEcho }),
  sendJson: (group, data) => client.sendToGroup(group, data, "json"),
  sendBinary: (group, bytes) => client.sendToGroup(group, new Uint8Array(bytes).buffer, "binary"),
  event: (name, data) => client.sendEvent(name, data, "text"),
  stop: () => client.stop(),
};

async function carryOut(line) {
  const [name, ...values] = JSON.parse(line);
  try {
    await commands[name](...values);
    tell("done", { name });
  } catch (error) {
    tell("failed", { name, error: error.errorDetail?.name ?? error.message });
  }
  if (name === "stop") setTimeout(() => process.exit(0), 50);
}

createInterface({ input: process.stdin }).on("line", carryOut);
client.start().catch((error) => {
  tell("failed", { name: "start", error: error.message });
  process.exit(0);
});
