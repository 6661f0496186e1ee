// Opens the docs of a mesh in a real browser: node docs.mjs http://127.0.0.1:8080 SCREENSHOT
//
// Prints one JSON object with what the page showed, tried out and complained of, and ends with a non-zero code at the first surprise.

import { chromium } from "playwright-core";

const PATIENCE_MS = 60_000;

if (process.argv.length !== 4) {
  console.error("usage: node docs.mjs URL SCREENSHOT");
  process.exit(2);
}
const [url, screenshot] = process.argv.slice(2);

const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", ...quiet],
});
try {
  console.log(JSON.stringify(await story(await browser.newPage({ viewport: { width: 1100, height: 1400 } }))));
} finally {
  await browser.close();
}

async function story(page) {
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  const elsewhere = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  // what the policy of the page forbids is told here as well
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== "data:" && asked.origin !== new URL(url).origin) elsewhere.push(asked.href);
  });
  await page.goto(`${url}/docs`);
  await page.waitForSelector(".opblock");
  const routes = await page.$$eval(".opblock", (blocks) =>
    blocks.map((block) => {
      const text = (part) => block.querySelector(part).textContent.replaceAll("\u200b", "");
      return `${text(".opblock-summary-method").toLowerCase()} ${text(".opblock-summary-path")}`;
    }),
  );
  await page.screenshot({ path: screenshot });
  // a request from the page, of which the one for keys needs no token
  const keys = page.locator(".opblock", { hasText: "/.well-known/jwks.json" });
  await keys.locator(".opblock-summary-control").click();
  await keys.getByRole("button", { name: "Try it out" }).click();
  await keys.getByRole("button", { name: "Execute" }).click();
  const status = await keys.locator(".live-responses-table tbody .response-col_status").first().textContent();
  await page.screenshot({ path: screenshot.replace(".png", "-tried.png") });
  return { routes, status: status.trim(), complaints, elsewhere };
}
