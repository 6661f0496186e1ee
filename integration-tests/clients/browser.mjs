// Drives page/ in a real browser against a mesh: node browser.mjs http://127.0.0.1:8080 PORT PHOTO SCREENSHOT
//
// The page is served on PORT of 127.0.0.1, an origin of its own, which the mesh must allow (--cors-origins). Prints one JSON object with what
// the page showed, and ends with a non-zero code at the first surprise.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const PATIENCE_MS = 60_000;
const FILES = { "/": ["index.html", "text/html"], "/page.js": ["page.js", "text/javascript"] };

if (process.argv.length !== 6) {
  console.error("usage: node browser.mjs URL PORT PHOTO SCREENSHOT");
  process.exit(2);
}
const [url, port, photo, screenshot] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  const found = FILES[new URL(request.url, "http://page").pathname];
  if (found === undefined) return response.writeHead(404).end();
  const [file, type] = found;
  response.writeHead(200, { "content-type": type }).end(await readFile(new URL(`page/${file}`, import.meta.url)));
});
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));
const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", ...quiet],
});
try {
  console.log(JSON.stringify(await story(await browser.newPage({ viewport: { width: 640, height: 640 } }))));
} finally {
  await browser.close();
  server.close();
}

async function story(page) {
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(`http://127.0.0.1:${port}/?api=${encodeURIComponent(url)}`);
  await page.waitForSelector("body[data-state=ready]");
  await page.getByRole("button", { name: "Log a meal" }).click();
  // 30 of 60 grams; the page hears of it over the stream and nowhere else
  await page.waitForFunction(() => document.querySelector("#score").textContent === "50");
  const afterMeal = await page.textContent("#score");
  await page.setInputFiles("#file", photo);
  await page.getByRole("button", { name: "Send the photo" }).click();
  await page.waitForSelector("li[data-status=PROCESSING]");
  await page.waitForSelector("li[data-status=COMPLETED]");
  // the newest event of the photo brings the new score
  await page.waitForFunction(() => document.querySelector("#score").textContent !== "50");
  await page.screenshot({ path: screenshot });
  assert.deepEqual(faults, []);
  assert.equal(await page.textContent("#problem"), "");
  return { after_meal: afterMeal, after_photo: await page.textContent("#score"), events: await page.locator("li").allTextContents() };
}
