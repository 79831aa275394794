// Opens the page of the line in headless Chromium, presses what a person would press, and tells what the page then says.
import puppeteer from "puppeteer-core";

const { executable, address, picture } = JSON.parse(process.argv[2]);
const PATIENCE = 60_000;
const browser = await puppeteer.launch({
  executablePath: executable, headless: "shell", acceptInsecureCerts: true, timeout: 20_000,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--font-render-hinting=none"],
});
const steps = [];
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  await page.goto(address);
  const until = (selector) => page.waitForSelector(selector, { timeout: PATIENCE });
  const heard = (text) => page.waitForFunction(
    (wanted) => [...document.querySelectorAll("#messages .message")].some((item) => item.textContent === wanted),
    { timeout: PATIENCE }, text,
  );
  const note = async (name) => steps.push(await page.evaluate((step) => {
    const { state, asked, opened } = document.body.dataset;
    return { step, state, asked: Number(asked), opened: Number(opened) };
  }, name));
  const say = async (text) => {
    await page.type("#text", text);
    await page.click("#say button");
    await heard(text);
  };
  const press = (name) => page.evaluate((wanted) => document.querySelector(`[data-break=${wanted}]`).click(), name);

  await until('body[data-state="connected"][data-joined]');
  await say("<b>hello</b>");
  await note("begin");
  await press("cut");
  await say("after the cut");
  await note("cut");
  await press("close");
  await until('body[data-opened="2"][data-state="connected"]');
  await page.waitForFunction(() => document.querySelector("#messages").textContent.includes("disconnected"));
  await say("after the close");
  await note("close");
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  await press("key");
  await until('body[data-asked="4"]');
  await note("key");
  await press("mend");
  await until('body[data-opened="3"][data-state="connected"]');
  await say("after the key");
  await note("mend");
  const seen = await page.evaluate(() => ({
    sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    bold: document.querySelectorAll("#messages b").length,
  }));
  process.stdout.write(JSON.stringify({ steps, errors, ...seen }));
} finally {
  await browser.close();
}
