/** The status page in a browser, before a real rig and the real daemon. Leaves its pictures in build/screens. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { runbookNames } from "../../agent/report/runbook/runbook.ts";
import { Scope } from "../../agent/runtime/scope.ts";
import { urEvents } from "../../page/words/ur-events.ts";
import { missingChromium, openBrowser, openWebRig, TOKEN, type WebRig } from "./web-rig.ts";

const SCREENS = fileURLToPath(new URL("../../../build/screens/", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1360, height: 900 } } as const;

interface AxeFound {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }[];
}

describe("the status page", { skip: missingChromium, timeout: 120_000 }, () => {
  const scope = new Scope();
  let rig: WebRig;
  let browser: Browser;
  let known: Awaited<ReturnType<BrowserContext["storageState"]>>;
  const trouble: string[] = [];

  before(async () => {
    mkdirSync(SCREENS, { recursive: true });
    [rig, browser] = await Promise.all([openWebRig(12, scope), openBrowser(scope)]);
    const { code, err } = await rig.operator("allocate", "--limit", "18kW", "--for", "58m");
    assert.equal(code, 0, err);
  });
  after(() => scope.end());

  /** A page that has the cookie; what its console complains of is kept. */
  async function open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: sizes.desktop, storageState: known, ...options });
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => trouble.push(message));
    page.on("console", (message) => message.type() === "error" && !message.text().includes("Failed to load resource") && trouble.push(message.text()));
    await page.goto(rig.url);
    return page;
  }
  const text = async (page: Page, selector: string): Promise<string> => ((await page.locator(selector).first().textContent()) ?? "").replaceAll(/[\u2066-\u2069]/g, "").replaceAll("\u00a0", " ");
  /** The page's own policy forbids what would wait in the page itself. */
  async function shows(page: Page, selector: string, what: RegExp, timeoutMs = 20_000): Promise<void> {
    const late = performance.now() + timeoutMs;
    let seen = "";
    while (!what.test((seen = await text(page, selector)))) {
      assert.ok(performance.now() < late, `${selector} shows ${JSON.stringify(seen)} and not ${what.source}`);
      await pause(100);
    }
  }

  test("asks for the token, takes no other, and remembers the browser", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(rig.url);
    await page.fill("#token", "not-the-token-at-all");
    await page.click("#lock button");
    await shows(page, "#lock-wrong:not([hidden])", /not the token/);
    assert.equal(await page.locator("#page").isVisible(), false);
    await page.fill("#token", TOKEN);
    await page.click("#lock button");
    await page.waitForSelector("#page:not([hidden])");
    await page.reload();
    await page.waitForSelector("#page:not([hidden])");
    known = await context.storageState();
    assert.deepEqual(known.cookies.map(({ httpOnly, sameSite, value }) => [httpOnly, sameSite, value.includes(TOKEN)]), [[true, "Strict", false]]);
    assert.equal(await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])").then((kept) => String(kept).includes(TOKEN)), false);
    await context.close();
  });

  test("a link with the token opens it, and is gone from the address", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${rig.url}/#token=${TOKEN}`);
    await page.waitForSelector("#page:not([hidden])");
    assert.equal(page.url(), `${rig.url}/`);
    await context.close();
  });

  test("shows within 8 s on a link of 15 kB/s with 800 ms delay, in three requests and less than 100 kB", async () => {
    const context = await browser.newContext({ storageState: known, viewport: sizes.phone });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", { offline: false, latency: 800, downloadThroughput: 15_000, uploadThroughput: 5_000 });
    // As it came over the wire: an answer that has ended says it whole, the stream piece by piece.
    const wire = new Map<string, number>();
    const count = (id: string, length: number): void => void wire.set(id, Math.max(wire.get(id) ?? 0, length));
    session.on("Network.dataReceived", ({ requestId, encodedDataLength }) => count(requestId, (wire.get(requestId) ?? 0) + encodedDataLength));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => count(requestId, encodedDataLength));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const began = performance.now();
    await page.goto(rig.url);
    await shows(page, "#now-figure", /W/);
    const tookS = (performance.now() - began) / 1000;
    await shows(page, "#chart", /.*/);
    await pause(4_000);
    assert.deepEqual(asked.filter((path) => !path.startsWith("data:")), ["/", "/live", "/history"]);
    const bytes = [...wire.values()].reduce((sum, length) => sum + length, 0);
    assert.ok(bytes > 20_000 && bytes < 100_000, `${bytes} bytes`);
    assert.ok(tookS < 8, `${tookS.toFixed(1)} s`);
    console.log(`    on a link of 15 kB/s and 800 ms: the first figures after ${tookS.toFixed(1)} s, ${(bytes / 1000).toFixed(0)} kB in all`);
    await context.close();
  });

  test("follows a new limit: figure, countdown, sentence, curve and event", async () => {
    const page = await open();
    await shows(page, "#limit-figure", /18\.0 kW/);
    const { code } = await rig.operator("allocate", "--limit", "14kW", "--for", "58m");
    assert.equal(code, 0);
    await shows(page, "#limit-figure", /14\.0 kW/);
    await shows(page, "#limit-more", /the grid’s allocation/);
    await shows(page, "#left-figure", /^5[67]:\d\d$/);
    const before = await text(page, "#left-figure");
    await pause(2_200);
    assert.notEqual(await text(page, "#left-figure"), before);
    await shows(page, "#verdict-says", /The rack keeps its limit\./, 30_000);
    await shows(page, "#events", /another limit binds the rack: 14\.0 kW/);
    assert.match((await page.locator("#chart").getAttribute("aria-label")) ?? "", /Power over the last .15 min.: between .*; limit .*14\.0/);
    assert.equal(await page.locator("#chart canvas").count(), 1);
    await page.context().close();
  });

  test("a silent machine is marked by colour, drawing and word, never drawn as 0 W, and opens with the reason", async () => {
    await rig.fault("asic-05", "silent");
    const page = await open();
    const tile = page.locator("button.tile", { hasText: "asic-05" });
    await page.waitForSelector("button.tile[data-kind=unknown]");
    assert.match(await tile.innerText(), /asic-05[^]*silent/);
    assert.equal(await tile.locator("use").getAttribute("href"), "#icon-question");
    assert.doesNotMatch(await tile.innerText(), /\b0\s*W/);
    await tile.focus();
    await page.keyboard.press("Enter");
    await shows(page, "#sheet-why", /It does not answer .*never at zero/);
    await shows(page, "#sheet-readings", /Hashrate.?unknown/);
    await shows(page, "#sheet-events", /a miner does not answer/);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#sheet").isVisible(), false);
    await page.locator("#legend button", { hasText: "silent" }).click();
    assert.deepEqual(await page.locator("button.tile:visible .tile-id").allInnerTexts(), ["asic-05"]);
    await rig.fault("asic-05", "clear");
    await page.context().close();
  });

  test("says since when it is stale, calls nothing normal meanwhile, and comes back by itself with the gap in its curve", async () => {
    const page = await open();
    await shows(page, "#link", /^live$/);
    await rig.stopDaemon();
    await shows(page, "#link", /stale since \d\d:\d\d:\d\d/, 30_000);
    await shows(page, "#verdict-says", /No word from the rack\./);
    await page.screenshot({ path: join(SCREENS, "stale.png") });
    await rig.startDaemon();
    await shows(page, "#link", /^live$/, 40_000);
    await shows(page, "#verdict-says", /The rack|No limit|Nobody can say/, 30_000);
    await page.screenshot({ path: join(SCREENS, "back.png") });
    await page.context().close();
  });

  test("asks nothing while nobody looks at it", async () => {
    const page = await open();
    await shows(page, "#link", /^live$/);
    const hide = (hidden: boolean): Promise<unknown> => page.evaluate(`Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} }); document.dispatchEvent(new Event("visibilitychange"))`);
    await hide(true);
    await shows(page, "#link", /stale/, 40_000);
    await hide(false);
    await shows(page, "#link", /^live$/, 20_000);
    await page.context().close();
  });

  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const [locale, direction] of [["en", "ltr"], ["ur", "rtl"]] as const) {
        test(`${size}, ${colorScheme}, ${locale}: fits, has no fault that axe knows, and its picture is taken`, async () => {
          const page = await open({ viewport, colorScheme, locale, deviceScaleFactor: size === "phone" ? 2 : 1 });
          await shows(page, "#now-figure", /W/);
          assert.deepEqual(await page.evaluate("[document.documentElement.dir, document.documentElement.lang, document.documentElement.dataset.theme]"), [direction, locale, colorScheme]);
          assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window");
          await pause(1_200);
          await page.screenshot({ path: join(SCREENS, `${size}-${colorScheme}-${locale}.png`), fullPage: true });
          await assertSound(page);
          await page.locator("button.tile").first().click();
          await page.waitForSelector("#sheet-readings dd");
          await pause(800);
          await page.screenshot({ path: join(SCREENS, `${size}-${colorScheme}-${locale}-machine.png`) });
          await assertSound(page);
          await page.context().close();
        });
      }
    }
  }

  async function assertSound(page: Page): Promise<void> {
    // Past the policy that forbids foreign scripts: by the debugger, as a developer would.
    await page.evaluate(axe);
    const { violations } = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(WCAG)} })`)) as AxeFound;
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join(" | ")}`), []);
  }

  test("every event has its sentence in Urdu", () => assert.deepEqual(runbookNames.filter((name) => /^[a-z]+\.[a-z]+$/.test(name) && urEvents[name] === undefined), []));

  test("no script failed and nothing was kept from loading, in all of this", () => assert.deepEqual(trouble, []));
});
