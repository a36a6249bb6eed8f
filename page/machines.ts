/** The rack drawn as its machines in rows. Colour, drawing and word say the same of each. */
import { icon, make, part, set, swapIcon, write } from "./dom.ts";
import type { Figures } from "./numbers.ts";
import { allLooks, lookOf, type LiveMachine, type Look, type Rack } from "./rack.ts";
import type { Language } from "./words/words.ts";

interface Tile {
  readonly button: HTMLElement;
  readonly drawing: SVGElement;
  readonly state: HTMLElement;
  readonly power: HTMLElement;
  readonly level: HTMLElement;
}

/** More machines than this are drawn without their figures, more than that without their names. */
const FIGURES_UP_TO = 60;
const NAMES_UP_TO = 240;

export class Machines {
  readonly #place = part("rack");
  readonly #legend = part("legend");
  readonly #tiles = new Map<string, Tile>();
  readonly #open: (id: string) => void;
  #only: Look["word"] | null = null;
  #drawn = "";
  #shown: Parameters<Machines["show"]> | null = null;

  constructor(open: (id: string) => void) {
    this.#open = open;
  }

  show(rack: Rack, language: Language, figures: Figures): void {
    this.#shown = [rack, language, figures];
    const { machines, status } = rack;
    write(part("machines-count"), language.say("machinesCount", { answering: status.devices.answering, total: status.devices.total }));
    const size = machines.size <= FIGURES_UP_TO ? "large" : machines.size <= NAMES_UP_TO ? "medium" : "small";
    set(this.#place, "data-size", size);
    for (const [id, tile] of this.#tiles) {
      if (machines.has(id)) continue;
      tile.button.parentElement?.remove();
      this.#tiles.delete(id);
    }
    // The legend first: when the last machine leaves the state that is shown, all are shown again.
    this.#drawLegend([...machines.values()], language);
    for (const [id, machine] of machines) this.#tile(id, machine, { language, figures, named: size !== "large" });
  }

  #tile(id: string, machine: LiveMachine, { language: { say }, figures, named }: { readonly language: Language; readonly figures: Figures; readonly named: boolean }): void {
    const tile = this.#tiles.get(id) ?? this.#make(id);
    const look = lookOf(machine);
    const word = machine.maintenance ? say("maintenance") : say(look.word);
    set(tile.button, "data-kind", look.kind);
    set(tile.button, "data-maintenance", machine.maintenance);
    // What is drawn too small to be written is said.
    set(tile.button, "aria-label", !named ? null : say("machineLabel", { id, state: word, power: figures.power(machine.powerW) }));
    swapIcon(tile.drawing, machine.maintenance ? "wrench" : look.icon);
    write(tile.state, word);
    write(tile.power, machine.powerW === null ? "?" : figures.power(machine.powerW));
    const share = machine.powerW === null || machine.mostW <= 0 ? 0 : Math.min(1, machine.powerW / machine.mostW);
    tile.level.style.setProperty("--share", share.toFixed(2));
    const hidden = this.#only !== null && this.#only !== look.word;
    set(tile.button.parentElement ?? tile.button, "hidden", hidden);
  }

  #make(id: string): Tile {
    const tile: Tile = { drawing: icon("question"), state: make("span", { class: "tile-state" }), power: make("span", { class: "tile-power" }), level: make("span", { class: "tile-level" }), button: make("button", { type: "button", class: "tile" }) };
    tile.button.append(make("span", { class: "tile-head" }, make("bdi", { class: "tile-id" }, id), tile.drawing), tile.power, tile.state, tile.level);
    tile.button.addEventListener("click", () => this.#open(id));
    this.#place.append(make("li", {}, tile.button));
    this.#tiles.set(id, tile);
    return tile;
  }

  /** Which states there are, how many of each; tapped, only those are shown. */
  #drawLegend(machines: readonly LiveMachine[], { say, code }: Language): void {
    const counts = new Map<Look, number>();
    for (const machine of machines) counts.set(lookOf(machine), (counts.get(lookOf(machine)) ?? 0) + 1);
    const there = allLooks.filter((look) => counts.has(look));
    if (this.#only !== null && !there.some(({ word }) => word === this.#only)) this.#only = null;
    const drawn = JSON.stringify([code, this.#only, there.map((look) => [look.word, counts.get(look)])]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["word"] : undefined;
    this.#legend.replaceChildren(...there.map((look) => {
      const button = make("button", { type: "button", class: "chip", "data-kind": look.kind, "data-word": look.word, "aria-pressed": String(this.#only === look.word) }, icon(look.icon), say(look.word), make("b", {}, String(counts.get(look))));
      button.addEventListener("click", () => {
        this.#only = this.#only === look.word ? null : look.word;
        if (this.#shown !== null) this.show(...this.#shown);
      });
      return button;
    }));
    this.#legend.querySelector<HTMLElement>(`[data-word="${focused}"]`)?.focus();
  }
}
