/** One machine, opened: why it is as it is, what was read of it, its last twenty minutes. */
import type { deviceDetail } from "../agent/report/devices.ts";
import type { WhyDocument } from "../agent/report/why.ts";
import { Chart } from "./chart.ts";
import { windowOf } from "./curve.ts";
import { icon, make, part, swapIcon, write } from "./dom.ts";
import { ask } from "./link.ts";
import { clock, figures, length, type Figures } from "./numbers.ts";
import { machinePast } from "./past.ts";
import { lookOf, type LiveEvent } from "./rack.ts";
import type { Language, Word } from "./words/words.ts";

type Reason = WhyDocument["devices"][number];
type Detail = ReturnType<typeof deviceDetail>;

export interface Saying {
  readonly language: Language;
  readonly figures: Figures;
}

const PAST_S = 1_200;
const EVERY_MS = 2_000;

const known: Readonly<Record<string, Word>> = { outlet: "byOutlet", inlet: "byInlet", asic: "byAsic", model: "byModel", nameplate: "byNameplate" };
const orders: Readonly<Record<string, Word>> = { waiting: "orderWaiting", sent: "orderWaiting", acknowledged: "orderAcknowledged", failed: "orderFailed" };

export class Sheet {
  readonly #dialog = part("sheet") as HTMLDialogElement;
  readonly #says: () => Saying;
  #chart: Chart | null = null;
  #id = "";
  #timer: number | undefined;

  constructor(says: () => Saying) {
    this.#says = says;
    part("sheet-close").addEventListener("click", () => this.#dialog.close());
    // A tap beside it.
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
    this.#dialog.addEventListener("close", () => clearTimeout(this.#timer));
  }

  open(id: string): void {
    this.#id = id;
    const { say } = this.#says().language;
    write(part("sheet-id"), id);
    write(part("sheet-state"), "");
    write(part("sheet-why"), say("loading"));
    for (const place of ["sheet-readings", "sheet-events", "sheet-chart"]) part(place).replaceChildren();
    this.#chart = null;
    this.#dialog.showModal();
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const id = this.#id;
    const path = encodeURIComponent(id);
    const [detail, why, past, events] = await Promise.all([ask<Detail>(`/devices/${path}`), ask<WhyDocument>(`/why/${path}`), machinePast(id, PAST_S), ask<LiveEvent[]>(`/devices/${path}/events`)]);
    if (!this.#dialog.open || id !== this.#id) return;
    const { language, figures } = this.#says();
    if (detail === null) write(part("sheet-why"), language.say("notLoaded"));
    else this.#show(detail, why?.devices[0] ?? null, { language, figures });
    if (past !== null && detail !== null) {
      this.#chart ??= new Chart(part("sheet-chart"), { height: 130, most: detail.nameplateW, unknown: language.say("chartUnknown") });
      const now = past.at.at(-1) ?? Date.now() / 1000;
      this.#chart.show(past, windowOf(past, now - PAST_S, now));
    }
    if (events !== null) this.#happened(events, language);
    this.#timer = setTimeout(() => void this.#refresh(), EVERY_MS);
  }

  #show(detail: Detail, reason: Reason | null, { language: { say }, figures: { power, hashrate, temperature, unit } }: Saying): void {
    const look = lookOf(detail);
    part("sheet-look").dataset["kind"] = look.kind;
    swapIcon(part("sheet-look").querySelector("svg") ?? part("sheet-look").appendChild(icon(look.icon)), detail.maintenance ? "wrench" : look.icon);
    write(part("sheet-state"), say(detail.maintenance ? "maintenance" : look.word));
    write(part("sheet-why"), [whyOf(detail, reason, say), ...(reason === null ? [] : stepsOf(reason, { say, power, hashrate }))].join(" "));
    const telemetry = detail.telemetry;
    const rows: [Word, string][] = [
      ["now", detail.powerW === null ? say("between", { low: power(detail.powerLowW), high: power(detail.powerHighW) }) : power(detail.powerW)],
      ["by", say(known[detail.drawBy] ?? "unknown")],
      ["most", power(detail.nameplateW)],
      ["hashrate", hashrate(detail.hashrateThs)],
      ["temperature", temperature(detail.temperatureC)],
      ["frequency", unit(detail.frequencyMHz, "MHz")],
      ["voltage", unit(detail.voltageMV === null ? null : detail.voltageMV / 1000, "V", 2)],
      ["setpoint", detail.setpoint ?? "–"],
      ["order", detail.order === null ? "–" : say(orders[detail.order.state] ?? "orderWaiting")],
      ["age", say("ago", { length: length(detail.readingAgeS * 1000) })],
      ["boards", telemetry === null ? say("unknown") : telemetry.boards.map(({ boardTemperature }, index) => say("board", { number: index + 1, temperature: temperature(boardTemperature) })).join("  ")],
      ["pool", telemetry?.pools[0]?.url ?? say("unknown")],
      ["model", detail.description],
    ];
    part("sheet-readings").replaceChildren(...rows.flatMap(([word, text]) => [make("dt", {}, say(word)), make("dd", {}, make("bdi", {}, text))]));
  }

  #happened(events: readonly LiveEvent[], language: Language): void {
    const rows = events.map((event) => make("li", {}, make("time", { datetime: event.at }, clock(Date.parse(event.at))), make("span", {}, eventText(event, language), ...eventMore({ ...event, subject: null }, language))));
    part("sheet-events").replaceChildren(...(rows.length > 0 ? rows : [make("li", {}, language.say("nothingHappened"))]));
  }
}

/** The event's sentence in this language, else in English and marked as such. */
export function eventText({ name, says }: Pick<LiveEvent, "name" | "says">, language: Language): HTMLElement {
  const own = language.event(name);
  return own === null ? make("span", { lang: "en", dir: "ltr" }, says) : make("span", {}, own);
}

const words: Readonly<Record<string, Word>> = {
  "not-limited": "toFree", compliant: "toKept", settling: "toSettling", unverified: "toUnverified", "at-floor": "toFloor", violating: "toOver",
  init: "toInit", controlled: "toControlled", limited: "toLimited", failsafe: "toFailsafe", emergency: "toEmergency", restoring: "toRestoring",
};

/** Of what, and to what. */
export function eventMore({ subject, to, limitW }: LiveEvent, language: Language): (HTMLElement | string)[] {
  const word = to === null ? undefined : words[to];
  const what = limitW !== null ? figures(language).power(limitW) : word === undefined ? to : language.say(word);
  return [...(what === null ? [] : [": ", make("bdi", { class: "to" }, what)]), ...(subject === null ? [] : [" ", make("bdi", { class: "subject" }, subject)])];
}

function whyOf(detail: Detail, reason: Reason | null, say: Language["say"]): string {
  if (detail.maintenance) return say("whyMaintenance");
  if (detail.state === "off") return say("whyOff");
  if (detail.quarantineReason !== null) return say("whyQuarantined", { reason: detail.quarantineReason });
  if (detail.unknownReason !== null) return say("whySilent", { reason: detail.unknownReason });
  if (detail.poolGuard === "foreign") return say("whyForeign");
  if (reason?.by === "emergency") return say("whyEmergency");
  if (reason?.by === "deviation") return say("whyDeviates");
  if (reason?.by === "no-means") return say("whyNoMeans");
  if (detail.state === "asleep") return say("whyAsleep");
  return detail.setpoint === null ? say("whyNoOrder") : say("whyPoint", { setpoint: detail.setpoint });
}

/** Why not the next step, and what is waited for. */
function stepsOf({ next, wait }: Reason, { say, power, hashrate }: { readonly say: Language["say"] } & Pick<Figures, "power" | "hashrate">): string[] {
  const step = next === null || next.because === "no-plan" ? [] : [say(next.because === "no-room" ? "whyNoRoom" : "whyNotAsked", { power: power(next.powerW), hashrate: hashrate(next.hashrateThs) })];
  return [...step, ...(wait?.forS == null ? [] : [say("whyWaits", { length: length(wait.forS * 1000) })])];
}
