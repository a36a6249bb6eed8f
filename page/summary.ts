/** The first thing that is read: one sentence, four figures, what else has to be known. */
import { icon, make, part, set, swapIcon, write } from "./dom.ts";
import { clock, countdown, length, type Figures } from "./numbers.ts";
import { daemonNow, type LiveStatus, type Rack } from "./rack.ts";
import type { Language, Word } from "./words/words.ts";

interface Verdict {
  readonly says: Word;
  readonly more: Word;
  readonly icon: string;
  readonly kind: "good" | "moving" | "bad" | "unknown" | "plain";
}

const verdicts: Readonly<Record<LiveStatus["compliance"], Verdict>> = {
  "not-limited": { says: "free", more: "freeMore", icon: "bolt", kind: "plain" },
  compliant: { says: "kept", more: "keptMore", icon: "check", kind: "good" },
  settling: { says: "settling", more: "settlingMore", icon: "arrows", kind: "moving" },
  unverified: { says: "unverified", more: "unverifiedMore", icon: "question", kind: "unknown" },
  "at-floor": { says: "floor", more: "floorMore", icon: "triangle", kind: "bad" },
  violating: { says: "over", more: "overMore", icon: "triangle", kind: "bad" },
};

const stale: Verdict = { says: "stale", more: "staleMore", icon: "question", kind: "unknown" };

const sources: ReadonlySet<string> = new Set(["allocation", "event", "emergency", "failsafe", "schedule", "breaker", "thermal", "technician", "estop", "contract"] satisfies Word[]);

export function showSummary(rack: Rack, language: Language, figures: Figures): void {
  const { status, rack: { nominalW } } = rack;
  const { say } = language;
  const { power } = figures;
  showVerdict(verdicts[status.compliance], language, { power: power(status.complianceW === null ? null : Math.abs(status.complianceW)) });

  write(part("now-figure"), power(status.measuredW));
  const between = say("between", { low: power(status.measuredLowW), high: power(status.measuredHighW) });
  write(part("now-more"), status.measuredW === null ? between : say(status.measuredQuality === "measured" ? "measured" : "estimated", { power: power(nominalW) }));
  write(part("limit-figure"), status.effectiveLimitW === null ? say("noLimit") : power(status.effectiveLimitW));
  write(part("limit-more"), status.limitSource === null ? say("ofNominal", { power: power(nominalW) }) : sourceText(status, say));
  write(part("hashrate-figure"), figures.hashrate(status.hashrateThs));
  write(part("hashrate-more"), efficiency(status));
  showTimeLeft(rack, language);
  showGauge(status, nominalW, { say, power });
  showNotes(status, { say, power });
}

/** Old news is no news: whether the limit is kept, nobody can say from here. */
export function showStale(rack: Rack, language: Language): void {
  showVerdict(stale, language, { time: clock(rack.at), length: length(performance.now() - rack.heardAt) });
  const gauge = part("gauge");
  gauge.style.setProperty("--drawn", "0%");
  gauge.style.setProperty("--high", "100%");
}

function showVerdict({ kind, icon: name, says, more }: Verdict, { say }: Language, values: Readonly<Record<string, string>>): void {
  set(part("verdict"), "data-kind", kind);
  swapIcon(part("verdict-icon"), name);
  write(part("verdict-says"), say(says));
  write(part("verdict-more"), say(more, values));
}

/** Every second. */
export function showTimeLeft(rack: Rack, { say }: Language): void {
  const { until, effectiveLimitW } = rack.status;
  const end = until === null ? null : Date.parse(until);
  write(part("left-figure"), effectiveLimitW === null ? "–" : end === null ? "∞" : countdown(end - daemonNow(rack)));
  write(part("left-more"), effectiveLimitW === null ? "" : end === null ? say("noEnd") : say("untilTime", { time: clock(end, false) }));
}

const sourceText = ({ limitSource, bindingDoc }: LiveStatus, say: Language["say"]): string => {
  const source = limitSource === null ? "" : sources.has(limitSource) ? say(limitSource) : limitSource;
  return bindingDoc === null ? source : `${source} · ${say("document", { id: bindingDoc })}`;
};

const efficiency = ({ measuredW, hashrateThs }: LiveStatus): string => (measuredW === null || hashrateThs === null || hashrateThs === 0 ? "" : `\u2066${(measuredW / hashrateThs).toFixed(1)} J/TH\u2069`);

/** What is drawn, from its low to its high end, under the limit's mark, on a line that ends at full operation. */
function showGauge({ measuredW, measuredLowW, measuredHighW, effectiveLimitW }: LiveStatus, nominalW: number, { say, power }: { readonly say: Language["say"]; readonly power: Figures["power"] }): void {
  const gauge = part("gauge");
  const full = Math.max(nominalW, measuredHighW ?? 0, 1);
  const part100 = (watts: number): string => `${Math.min(100, (watts / full) * 100).toFixed(1)}%`;
  gauge.style.setProperty("--drawn", part100(measuredW ?? measuredLowW ?? 0));
  gauge.style.setProperty("--high", part100(measuredHighW ?? full));
  gauge.style.setProperty("--limit-at", part100(effectiveLimitW ?? full));
  set(gauge, "data-limited", effectiveLimitW !== null && effectiveLimitW < full);
  set(gauge, "aria-label", say("gauge", { power: power(measuredW), limit: effectiveLimitW === null ? say("noLimit") : power(effectiveLimitW), nominal: power(nominalW) }));
}

function showNotes(status: LiveStatus, { say, power }: { readonly say: Language["say"]; readonly power: Figures["power"] }): void {
  const notes: [when: boolean, icon: string, text: string][] = [
    [status.state === "emergency", "triangle", say("noteEmergency")],
    [status.state === "failsafe", "triangle", say("noteFailsafe", { power: power(status.failsafeLimitW) })],
    [status.storage === "failed", "triangle", say("noteStorage")],
    [status.config !== "ok", "triangle", say("noteConfig")],
    [status.clock === "unsynced", "question", say("noteClock")],
    [status.state === "restoring", "arrows", say("noteRestoring")],
    [status.state === "init", "arrows", say("noteInit")],
    [status.drill, "check", say("noteDrill")],
    [status.next?.from != null, "arrows", say("noteNext", { time: clock(Date.parse(status.next?.from ?? ""), false) })],
  ];
  const texts = notes.filter(([when]) => when);
  const place = part("notes");
  if (place.dataset["said"] === JSON.stringify(texts)) return;
  place.dataset["said"] = JSON.stringify(texts);
  place.replaceChildren(...texts.map(([, name, text]) => make("li", { "data-icon": name }, icon(name), text)));
}
