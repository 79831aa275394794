// Reads a JSON array of cards from standard input, has Microsoft's own library parse each, and prints
// for each what the library objects to and how many elements it understood.
"use strict";

const path = require("path");
const cards = require(path.join(process.argv[2], "dist", "adaptivecards.js"));

function count(element) {
  const inner = typeof element.getItemCount === "function" ? element.getItemCount() : 0;
  let sum = 1;
  for (let place = 0; place < inner; place += 1) sum += count(element.getItemAt(place));
  return sum;
}

function parsed(json) {
  const context = new cards.SerializationContext();
  const card = new cards.AdaptiveCard();
  card.parse(json, context);
  const events = [];
  for (let place = 0; place < context.eventCount; place += 1) events.push(context.getEventAt(place).message);
  for (const failed of card.validateProperties().validationEvents) events.push(failed.message);
  return { events, elements: count(card) - 1, actions: card.getActionCount() };
}

let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(JSON.parse(input).map(parsed))));
