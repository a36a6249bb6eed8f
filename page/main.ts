/** The status page: one stream of words from the daemon, shown. It only reads. */
import { Chart } from "./chart.ts";
import { after, append, emptyCurve, windowOf, type Curve } from "./curve.ts";
import { make, part, set, write } from "./dom.ts";
import { Link } from "./link.ts";
import { Machines } from "./machines.ts";
import { clock, figures } from "./numbers.ts";
import { rackPast } from "./past.ts";
import { daemonNow, isStale, told, type LiveEvent, type Rack } from "./rack.ts";
import { eventMore, eventText, Sheet, type Saying } from "./sheet.ts";
import { showStale, showSummary, showTimeLeft } from "./summary.ts";
import { languages, type Language, type Word } from "./words/words.ts";

const ranges = { minutes15: 900, hours2: 7_200, hours24: 86_400 } as const satisfies { readonly [Range in Word]?: number };
type Range = keyof typeof ranges;
/** The finest steps reach so far; what is older comes by the minute and is asked for again. */
const LIVE_RANGE: Range = "minutes15";
const COARSE_EVERY_S = 60;

let language: Language = languages[stored("language") === "ur" || (stored("language") === null && navigator.language.startsWith("ur")) ? "ur" : "en"];
let rack: Rack | null = null;
let range: Range = LIVE_RANGE;
let curve: Curve = emptyCurve();
let curveAt = 0;
let chart: Chart | null = null;
let stale = false;

const saying = (): Saying => ({ language, figures: figures(language) });
const sheet = new Sheet(saying);
const machines = new Machines((id) => sheet.open(id));

const link = new Link({
  word(word) {
    const before = rack;
    rack = told(rack, word, performance.now());
    if (rack === null) return;
    set(part("lock"), "hidden", true);
    // A whole word is a new beginning: what was missed meanwhile the daemon may remember.
    if (word.rack !== undefined || before === null) void loadPast();
    else if (range === LIVE_RANGE) extend(rack);
    show();
  },
  locked() {
    set(part("lock"), "hidden", false);
    set(part("page"), "hidden", true);
    set(part("waiting"), "hidden", true);
    part("token").focus();
  },
});

function extend({ status, at, everyS }: Rack): void {
  append(curve, status, { at: at / 1000, from: at / 1000 - ranges[range], everyS });
}

async function loadPast(): Promise<void> {
  const wanted = range;
  const past = await rackPast(ranges[wanted]);
  if (past === null || wanted !== range) return;
  curve = wanted === LIVE_RANGE ? after(curve, past) : past;
  curveAt = performance.now();
  showChart();
}

function show(): void {
  if (rack === null) return;
  const { figures: text } = saying();
  set(part("page"), "hidden", false);
  set(part("waiting"), "hidden", true);
  document.title = `${language.say("title", { rack: rack.rack.rack }).replaceAll(/[\u2066-\u2069]/g, "")} · curtaild`;
  write(part("title"), language.say("title", { rack: rack.rack.rack }));
  write(part("place"), language.say("place", { site: rack.rack.site, operator: rack.rack.operator }));
  write(part("foot"), language.say("foot", { version: rack.rack.software.replace(/^.*\//, "") }));
  showSummary(rack, language, text);
  machines.show(rack, language, text);
  showEvents(rack);
  showChart();
  showLink();
}

function showChart(): void {
  if (rack === null) return;
  const { power } = figures(language);
  const now = daemonNow(rack) / 1000;
  chart ??= new Chart(part("chart"), { height: 240, most: rack.rack.nominalW, unknown: language.say("chartUnknown") });
  chart.show(curve, windowOf(curve, now - ranges[range], now));
  const known = curve.mean.filter((watts) => watts !== null);
  const summary = known.length === 0
    ? language.say("chartEmpty")
    : language.say("chartSummary", { range: language.say(range), low: power(Math.min(...known)), high: power(Math.max(...known)), now: power(rack.status.measuredW), limit: rack.status.effectiveLimitW === null ? language.say("noLimit") : power(rack.status.effectiveLimitW) });
  set(part("chart"), "aria-label", summary);
}

function showEvents({ events }: Rack): void {
  const drawn = `${language.code} ${events[0]?.at ?? ""} ${events.length}`;
  const place = part("events");
  if (place.dataset["drawn"] === drawn) return;
  place.dataset["drawn"] = drawn;
  place.replaceChildren(...(events.length === 0 ? [make("li", { class: "quiet" }, language.say("noEvents"))] : folded(events).map((event) =>
    make("li", { "data-level": event.level },
      make("time", { datetime: event.at }, clock(Date.parse(event.at))),
      make("span", { class: "level" }, event.level === "info" ? "" : language.say(event.level === "error" ? "errorLevel" : "warnLevel")),
      make("span", { class: "says" }, eventText(event, language), ...eventMore(event, language))))));
}

/** The same twice in a breath is said once. */
const folded = (events: readonly LiveEvent[]): readonly LiveEvent[] =>
  events.filter((event, index) => !events.slice(index + 1, index + 4).some((before) => Date.parse(event.at) - Date.parse(before.at) < 2_000 && JSON.stringify({ ...before, at: "" }) === JSON.stringify({ ...event, at: "" })));

/** Whether what is shown is now. */
function showLink(): void {
  const place = part("link");
  if (rack === null) return write(place, language.say("connecting"));
  stale = isStale(rack);
  set(document.documentElement, "data-stale", stale);
  write(place, stale ? language.say("staleSince", { time: clock(rack.at) }) : language.say("live"));
  if (stale) showStale(rack, language);
}

/** Each second, whether somebody speaks or not. */
function passTime(): void {
  if (rack === null) return;
  showLink();
  showTimeLeft(rack, language);
  // What nobody has told grows at the right end of the curve.
  if (stale) showChart();
  if (stale) link.insist();
  if (range !== LIVE_RANGE && performance.now() - curveAt > COARSE_EVERY_S * 1000) void loadPast();
}

function speak(next: Language): void {
  language = next;
  set(document.documentElement, "lang", language.code);
  set(document.documentElement, "dir", language.direction);
  for (const element of document.querySelectorAll<HTMLElement>("[data-say]")) write(element, language.say(element.dataset["say"] as Word));
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) set(element, "aria-label", language.say(element.dataset["label"] as Word));
  for (const element of document.querySelectorAll<HTMLElement>("[data-hint]")) set(element, "title", language.say(element.dataset["hint"] as Word));
  set(part("language"), "lang", language.code === "en" ? "ur" : "en");
  part("chart").replaceChildren();
  chart = null;
  show();
}

function choose(next: Range): void {
  range = next;
  for (const button of part("ranges").querySelectorAll("button")) set(button, "aria-pressed", String(button.dataset["say"] === next));
  curve = emptyCurve();
  showChart();
  void loadPast();
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing is asked again next time.
  }
}

async function unlock(token: string): Promise<void> {
  const answer = await fetch("/session", { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  set(part("lock-wrong"), "hidden", answer?.ok === true);
  if (answer?.ok === true) link.open();
}

const darkness = matchMedia("(prefers-color-scheme: dark)");
function wear(theme: string | null): void {
  set(document.documentElement, "data-theme", theme ?? (darkness.matches ? "dark" : "light"));
  chart?.repaint();
}

part("language").addEventListener("click", () => {
  speak(language === languages.en ? languages.ur : languages.en);
  store("language", language.code);
});
part("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
  store("theme", next);
  wear(next);
});
darkness.addEventListener("change", () => wear(stored("theme")));
for (const button of part("ranges").querySelectorAll("button")) button.addEventListener("click", () => choose(button.dataset["say"] as Range));
part("lock").addEventListener("submit", (event) => {
  event.preventDefault();
  void unlock((part("token") as HTMLInputElement).value.trim());
});

wear(stored("theme"));
speak(language);
const [, given] = /^#token=([\x21-\x7e]+)$/.exec(location.hash) ?? [];
// A link with the token in it, as from a QR code at the rack: used once, and gone from the address.
if (given !== undefined) {
  history.replaceState(null, "", location.pathname);
  void unlock(given);
} else link.open();
setInterval(passTime, 1_000);
