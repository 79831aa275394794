// Draws each message that has come since the last look, newest last, as a channel does.
"use strict";

const LOOK_EVERY = 2000; // milliseconds
const list = document.getElementById("messages");
let drawn = 0;

AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// What the renderer objects to is kept with the card, for those who look at the page by machine.
function objections(context, card) {
  const said = [];
  for (let place = 0; place < context.eventCount; place += 1) said.push(context.getEventAt(place).message);
  for (const event of card.validateProperties().validationEvents) said.push(event.message);
  return said;
}

// Where the buttons of a card lead, those in its body and behind its folds included.
function links(part) {
  if (part === null || typeof part !== "object") return [];
  return part.type === "Action.OpenUrl" ? [part.url] : Object.values(part).flatMap(links);
}

function drawnCard(json) {
  const card = new AdaptiveCards.AdaptiveCard();
  const context = new AdaptiveCards.SerializationContext();
  card.hostConfig = new AdaptiveCards.HostConfig(TEAMS);
  card.onExecuteAction = (action) => {
    if (action instanceof AdaptiveCards.OpenUrlAction) window.open(action.url, "_blank", "noopener,noreferrer");
  };
  card.parse(json, context);
  const box = element("div", "card");
  box.dataset.objections = JSON.stringify(objections(context, card));
  box.dataset.links = JSON.stringify(links(json));
  box.append(card.render());
  for (const link of box.querySelectorAll("a")) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
  return box;
}

function said(at) {
  const line = element("div", "said");
  const time = element("time", "", new Date(at).toISOString().slice(0, 16).replace("T", " ") + " UTC");
  time.dateTime = at;
  const face = element("span", "face", "L");
  face.setAttribute("aria-hidden", "true");
  line.append(face, element("b", "", "Linekeeper"), time);
  return line;
}

function show(message) {
  const box = element("article", "message");
  box.append(said(message.at), ...message.cards.map(drawnCard));
  if (message.failed) box.append(element("div", "failed", `Accepted, but the flow failed: ${message.failed}`));
  list.append(box);
}

async function look() {
  const messages = await (await fetch("/channel/messages")).json();
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 80;
  messages.slice(drawn).forEach(show);
  if (messages.length > drawn && atEnd && drawn) window.scrollTo(0, document.body.scrollHeight);
  drawn = messages.length;
  document.getElementById("empty").hidden = drawn > 0;
  document.body.dataset.drawn = String(drawn);
}

async function keepLooking() {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what fetch throws when nobody answers: try again
  }
  setTimeout(keepLooking, LOOK_EVERY);
}

keepLooking();
