import { emitKeypressEvents } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { Command, InvalidArgumentError, Option } from "commander";
import colors from "picocolors";
import type { DeviceDetail, DeviceRow, RackHistory, StatusDocument } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import type { ControlClient } from "../client.ts";
import { parseDuration } from "../human.ts";
import type { ChartSample } from "../screen/chart.ts";
import { render } from "../screen/line.ts";
import { Screen } from "../screen/screen.ts";
import { topPicture, WINDOW_S, type Shown } from "../top/picture.ts";
import { firstView, press, shownRows, type Key, type TopView } from "../top/view.ts";
import { deviceDetailLines } from "../device-lines.ts";
import { deviceLines } from "./devices.ts";
import { statusLines } from "./status.ts";
import { messageOf } from "../../runtime/errors.ts";

export const topCommand = (): Command =>
  new Command("top").description("the rack live on the whole screen: curves, every miner, keys at the bottom; without a terminal one look as text")
    .addOption(new Option("--every <time>", "how often to look; longer over a slow line").argParser(period).default(1_000, "1s"))
    .action(async ({ every }: { every: number }, command: Command) => {
      const daemon = client(command);
      if (commonOptions(command).json === true) printJson(await look(daemon));
      else if (!process.stdout.isTTY || !process.stdin.isTTY) await once(daemon);
      else await new Top(daemon, every).run();
    });

function period(text: string): number {
  const length = parseDuration(text);
  if (length < 200 || length > 60_000) throw new InvalidArgumentError("It has to be from 200ms to 60s.");
  return length;
}

async function once(daemon: ControlClient): Promise<void> {
  const { status, devices } = await look(daemon);
  print(...statusLines(status), "", ...deviceLines(devices));
}

async function look(daemon: ControlClient): Promise<{ status: StatusDocument; devices: DeviceRow[] }> {
  const [status, devices] = await Promise.all([daemon.ask("GET", "/status"), daemon.ask("GET", "/devices")]);
  return { status: status as StatusDocument, devices: devices as DeviceRow[] };
}

/** The last row is of now. */
export function samplesOf({ stepS, rows }: RackHistory, nowS: number): ChartSample[] {
  return rows.map(([, , meteredW, limitW], index) => ({ atS: nowS - (rows.length - 1 - index) * stepS, limitW, meteredW }));
}

class Top {
  readonly #daemon: ControlClient;
  readonly #every: number;
  readonly #screen = new Screen(process.stdout);
  readonly #end = new AbortController();
  #view: TopView = firstView;
  #shown: Shown = { status: null, devices: [], samples: [], detail: null, trouble: null };

  constructor(daemon: ControlClient, every: number) {
    this.#daemon = daemon;
    this.#every = every;
  }

  async run(): Promise<void> {
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on("keypress", this.#key).resume();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => this.#end.abort());
    process.stdout.on("resize", this.#draw);
    this.#screen.open();
    await this.#recall();
    try {
      while (!this.#end.signal.aborted) {
        if (!this.#view.paused) await this.#look();
        this.#draw();
        await pause(this.#every, undefined, { signal: this.#end.signal }).catch(() => undefined);
      }
    } finally {
      this.#screen.close();
      process.stdout.off("resize", this.#draw);
      process.stdin.off("keypress", this.#key).setRawMode(false).pause();
    }
  }

  /** What was before anybody looked; a daemon that does not remember is no trouble. */
  async #recall(): Promise<void> {
    const past = (await this.#daemon.ask("GET", `/history?seconds=${WINDOW_S}`).catch(() => null)) as RackHistory | null;
    if (past !== null) this.#shown = { ...this.#shown, samples: samplesOf(past, performance.now() / 1000) };
  }

  async #look(): Promise<void> {
    try {
      const { status, devices } = await look(this.#daemon);
      const sample: ChartSample = { atS: performance.now() / 1000, limitW: status.effectiveLimitW, meteredW: status.measuredW };
      const samples = [...this.#shown.samples.filter(({ atS }) => atS > sample.atS - WINDOW_S), sample];
      this.#shown = { ...this.#shown, status, devices, samples, trouble: null };
      await this.#open();
    } catch (error) {
      this.#shown = { ...this.#shown, trouble: messageOf(error) };
    }
  }

  /** Reads what is known of the machine opened, if one is. */
  async #open(): Promise<void> {
    const { opened } = this.#view;
    const detail = opened === null ? null : ((await this.#daemon.ask("GET", `/devices/${encodeURIComponent(opened)}`)) as DeviceDetail);
    if (opened === this.#view.opened) this.#shown = { ...this.#shown, detail: detail === null ? null : deviceDetailLines(detail).map(stripVTControlCharacters) };
  }

  readonly #key = (_text: string | undefined, key: Key): void => {
    const next = press(this.#view, key, shownRows(this.#view, this.#shown.devices));
    if (next === "quit") {
      this.#end.abort();
      return;
    }
    const opens = next.opened !== this.#view.opened;
    this.#view = next;
    if (opens) void this.#open().catch(() => undefined).then(this.#draw);
    else this.#draw();
  };

  readonly #draw = (): void => {
    const frame = this.#screen.size;
    this.#screen.draw(topPicture(this.#shown, this.#view, frame).map((line) => render(line, frame.columns, colors.isColorSupported)));
  };
}
