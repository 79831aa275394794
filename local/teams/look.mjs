// Opens a page in headless Chromium and says, as JSON, what a person would see there.
// With "phone" it lays the bars of Teams on a phone over the page, so that what lies between them is the first screen; with "open" it
// then opens every fold. A picture shows that screen, or the whole of the last message.
// usage: node look.mjs '{"executable", "address", "width", "messages", "patience", "picture"?, "dark"?, "phone"?, "open"?}'
import { writeFile } from "node:fs/promises";
import puppeteer from "puppeteer-core";
import { slim } from "./palette.mjs";

const asked = JSON.parse(process.argv[2]);
const START = 20_000; // milliseconds
const WIDEST_PHONE = 760; // CSS pixels
const FLAGS = [
  "--no-sandbox", // root has no user namespace to build one in; the only page is our own
  "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--force-color-profile=srgb", "--font-render-hinting=none",
];

// Heights of the bars above and below a chat, on a phone of 390 x 844 pixels.
const TOP_BAR = `
  body { padding-top: 64px; }
  header { position: fixed !important; inset: 0 0 auto; height: 64px; padding: 24px 16px 8px !important; }
  header .where, .team { display: none; }
  header h1::before { content: "\\2039"; padding-right: 12px; font-weight: 400; }
  main { padding-top: 4px !important; }
`;
const BOTTOM_BAR = `
  body { padding-bottom: 56px; }
  body::after {
    content: "Reply"; position: fixed; inset: auto 0 0; height: 56px; z-index: 1;
    box-sizing: border-box; padding: 18px 32px; background: var(--card); border-top: 1px solid var(--line); color: var(--subtle);
  }
`;

function openFolds() {
  const rows = [...document.querySelectorAll(".card div.ac-selectable")].filter((row) => row.innerText.startsWith("▸"));
  return rows.map((row) => {
    const fold = row.parentElement;
    const shut = fold.innerText;
    row.click();
    const open = fold.innerText;
    return { title: row.innerText.split("\n").pop().trim(), shut, open };
  });
}

function seen() {
  const top = (box) => box.getBoundingClientRect().top + window.scrollY;
  const first = document.querySelector(".message");
  const width = document.documentElement.clientWidth;
  const sticksOut = (box) => box.getClientRects().length > 0 && box.getBoundingClientRect().right > width + 0.5;
  const named = (box) => `${box.tagName.toLowerCase()}.${box.className}: ${box.textContent.slice(0, 60)}`;
  return {
    messages: [...document.querySelectorAll(".message")].map((message) => ({
      text: message.innerText,
      buttons: [...message.querySelectorAll("button")].map((button) => button.innerText),
      links: [...message.querySelectorAll(".card")].flatMap((card) => JSON.parse(card.dataset.links)),
      anchors: [...message.querySelectorAll("a")].map((anchor) => anchor.href),
      tags: [...new Set([...message.querySelectorAll("*")].map((one) => one.tagName.toLowerCase()))].sort(),
      bottoms: Object.fromEntries([
        ...[...message.querySelectorAll("[id]")].map((one) => [one.id, one]),
        ...[...message.querySelectorAll("button")].map((button) => [button.innerText, button]),
      ].map(([name, one]) => [name, one.getBoundingClientRect().bottom + window.scrollY - top(message) + top(first)])),
      objections: [...message.querySelectorAll(".card")].flatMap((card) => JSON.parse(card.dataset.objections)),
    })),
    screens: document.documentElement.scrollHeight / window.innerHeight,
    scrolls_sideways: document.documentElement.scrollWidth > width,
    sticking_out: [...document.querySelectorAll("main *")].filter(sticksOut).map(named),
  };
}

const browser = await puppeteer.launch({
  executablePath: asked.executable, headless: "shell", args: FLAGS, acceptInsecureCerts: true,
  timeout: START,
});
try {
  const page = await browser.newPage();
  const isDesk = asked.width > WIDEST_PHONE;
  const errors = [];
  const addresses = new Set();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => ["error", "warn"].includes(line.type()) && errors.push(line.text()));
  page.on("request", (request) => addresses.add(new URL(request.url()).origin));
  await page.setViewport({ width: asked.width, height: 844, deviceScaleFactor: isDesk ? 1 : 2, isMobile: !isDesk, hasTouch: !isDesk });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: asked.dark ? "dark" : "light" }]);
  await page.goto(asked.address, { timeout: START });
  await page.waitForSelector(`body[data-drawn="${asked.messages}"]`, { timeout: asked.patience }).catch((error) => {
    throw new Error(`${error.message}; the browser said: ${errors.join("; ") || "nothing"}`);
  });
  if (asked.phone) await page.addStyleTag({ content: asked.open ? TOP_BAR : TOP_BAR + BOTTOM_BAR });
  const found = await page.evaluate(seen);
  const folds = asked.open ? await page.evaluate(openFolds) : [];
  if (asked.picture && asked.phone) {
    await writeFile(asked.picture, await slim(page, await page.screenshot({ encoding: "base64", fullPage: Boolean(asked.open) })));
  } else if (asked.picture) {
    const [last] = (await page.$$(".message")).slice(-1);
    if (last) await page.addStyleTag({ content: "header { position: static !important; }" }); // else it lies over the card
    const drawn = { encoding: "base64" };
    // A page without messages is drawn whole.
    const picture = last ? await last.screenshot(drawn) : await page.screenshot({ ...drawn, fullPage: true });
    await writeFile(asked.picture, await slim(page, picture));
  }
  process.stdout.write(JSON.stringify({ ...found, folds, errors, origins: [...addresses].filter((one) => one !== "null") }));
} finally {
  await browser.close();
}
