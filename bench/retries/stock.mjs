// The published client as it comes, with a provider that asks once for each address and waits for nothing.
import { WebPubSubClient } from "@azure/web-pubsub-client";

const [address] = process.argv.slice(2);
const client = new WebPubSubClient({
  getClientAccessUrl: async () => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`negotiate answers ${response.status}`);
    return response.text();
  },
});
client.on("stopped", () => process.exit(0));
await client.start();
