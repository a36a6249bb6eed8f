/** The story for a log: one line a change. */
import type { DeviceRow } from "../../agent/cli/answers.ts";
import { hashrateText, powerText } from "../../agent/cli/words.ts";
import { wrapped } from "../../agent/cli/wrapping.ts";
import type { Show } from "./play.ts";
import type { Step } from "./story.ts";
import type { Look } from "./watch.ts";
import { complianceWord, isSilent, stateWord } from "./words.ts";

export class Lines implements Show {
  readonly #write: (line: string) => void;
  readonly #seconds: () => number;
  #last: Look | null = null;

  constructor(write: (line: string) => void, seconds: () => number) {
    this.#write = write;
    this.#seconds = seconds;
  }

  begin({ name, title }: Step): void {
    this.#line(`> ${name}: ${title}`, this.#last);
  }

  look(look: Look): void {
    const said = changes(this.#last, look);
    this.#last = look;
    if (said.length > 0) this.#line(`  ${said.join("; ")}`, look);
  }

  note(text: string): void {
    this.#line(`! ${text}`, null);
  }

  concluded(): void {
    this.#because();
  }

  end(): void {
    this.#last = null;
  }

  /** The end of a step, as `curtailctl why` says it. */
  #because(): void {
    if (this.#last === null || this.#last.why === null) return;
    for (const line of wrapped(this.#last.why, { first: "          why ", rest: "              ", columns: 150 })) this.#write(line);
  }

  #line(text: string, look: Look | null): void {
    const figures = look === null ? "" : `limit ${cell(powerText(look.limitW))}  metered ${cell(powerText(look.meteredW))}  true ${cell(powerText(look.truthW))}  ${hashrateText(look.hashrateThs)}`;
    this.#write(`${this.#seconds().toFixed(1).padStart(5)} s  ${figures === "" ? text : `${text.padEnd(50)}  ${figures}`}`.trimEnd());
  }
}

const cell = (text: string): string => text.padStart(7);

function changes(before: Look | null, after: Look): string[] {
  if (after.state === null) return [];
  const was = before?.state === null ? null : before;
  const silent = (devices: readonly DeviceRow[]): string[] => devices.filter(isSilent).map(({ id }) => id);
  const [gone, missing] = [silent(was?.devices ?? []), silent(after.devices)];
  return [
    ...(was?.state !== after.state || was.compliance !== after.compliance ? [`${stateWord(after.state)}, ${complianceWord(after.compliance)}`] : []),
    ...(was !== null && was.limitW !== after.limitW ? ["the limit changes"] : []),
    ...missing.filter((id) => !gone.includes(id)).map((id) => `${id} does not answer`),
    ...gone.filter((id) => !missing.includes(id)).map((id) => `${id} answers again`),
  ];
}
