// Microsoft's client with the provider of docs/clients.md, and what happens to it.
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { negotiated } from "/line/negotiated.mjs";

const HUB = "lobby", GROUP = "room", PATIENCE_MS = 5_000;
const WORDS = { asking: "? asking for an address", connected: "✓ connected", down: "■ no line" };
const at = (id) => document.getElementById(id);
const counts = { asked: 0, opened: 0, heard: 0 };

function tell(text, kind = "event") {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  at("messages").append(item);
  item.scrollIntoView({ block: "nearest" });
}

function count(name) {
  counts[name] += 1;
  at(name).textContent = counts[name];
  document.body.dataset[name] = counts[name];
}

function show(state, detail = "") {
  document.body.dataset.state = state;
  at("state").textContent = WORDS[state];
  at("detail").textContent = detail;
  at("hint").hidden = state === "connected" || counts.opened > 0 || counts.asked < 2;
}

const line = negotiated(`/api/negotiate/${HUB}`, () => "", (problem) => tell(`no address: ${problem}`));
const client = new WebPubSubClient({
  getClientAccessUrl: async () => {
    show("asking");
    count("asked");
    const url = await line.getClientAccessUrl();
    show("down", "connecting");
    return url;
  },
}, { reconnectRetryOptions: { retryDelayInMs: 100 } });

client.on("connected", (event) => {
  line.connected();
  count("opened");
  show("connected", `connection ${event.connectionId}`);
  tell("connected");
});
client.on("disconnected", (event) => {
  show("down");
  tell(event.message?.message ? `disconnected: ${event.message.message}` : "disconnected");
});
client.on("group-message", (event) => {
  count("heard");
  tell(event.message.data, "message");
});

async function open() {
  for (;;) {
    try {
      return await client.start();
    } catch (error) {
      tell(`not connected: ${error.message ?? "the browser does not say why"}`);
    }
  }
}

at("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  try {
    await client.sendToGroup(GROUP, text, "text", { abortSignal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    tell(`not sent: ${text}`);
  }
});
for (const button of document.querySelectorAll("[data-break]")) {
  button.addEventListener("click", async () => {
    tell(button.textContent);
    await fetch(`/line/break/${button.dataset.break}`, { method: "POST" });
  });
}

await open();
await client.joinGroup(GROUP);
document.body.dataset.joined = "yes";
