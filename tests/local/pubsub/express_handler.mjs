// Microsoft's event handler for Node, over TLS: what it is told is printed as lines of JSON.
import { readFileSync } from "node:fs";
import https from "node:https";
import express from "express";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";

const [certificate, allowedEndpoint] = process.argv.slice(2);
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));

const handler = new WebPubSubEventHandler("lobby", {
  path: "/hooks/",
  allowedEndpoints: [allowedEndpoint],
  handleConnect(request, response) {
    const { userId, hub, connectionId, signature } = request.context;
    tell("connect", { userId, hub, connectionId, signature, claims: request.claims, subprotocols: request.subprotocols });
    if (userId === "mallory") return response.fail(401, "go away");
    response.setState("visits", 1);
    response.success({ groups: ["room"], userId: "alice of " + hub });
  },
  onConnected: (request) => tell("connected", { userId: request.context.userId, states: request.context.states }),
  onDisconnected: (request) => tell("disconnected", { reason: request.reason }),
  handleUserEvent(request, response) {
    tell("user", { name: request.context.eventName, data: request.data, dataType: request.dataType, states: request.context.states });
    if (request.context.eventName === "fail") return response.fail(500, "no");
    response.setState("visits", 2);
    response.success(`${request.data} heard`, "text");
  },
});

const app = express();
app.use(handler.getMiddleware());
const pem = readFileSync(certificate);
const server = https.createServer({ key: pem, cert: pem }, app);
server.listen(0, "127.0.0.1", () => tell("listening", { port: server.address().port }));
process.stdin.on("end", () => process.exit(0)).resume();
