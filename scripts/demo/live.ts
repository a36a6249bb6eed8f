/** The story on a terminal. */
import { render } from "../../agent/cli/screen/line.ts";
import { picture, type Scene } from "./picture.ts";
import type { Show } from "./play.ts";
import type { Screen } from "../../agent/cli/screen/screen.ts";
import type { Step } from "./story.ts";
import type { Look } from "./watch.ts";

/** A quarter of an hour at four looks a second: what --keep may gather. */
const MOST_LOOKS = 3_600;

export class Live implements Show {
  readonly #screen: Screen;
  readonly #coloured: boolean;
  #scene: Scene;

  constructor(screen: Screen, scene: Pick<Scene, "story" | "nominalW" | "models">, coloured: boolean) {
    this.#screen = screen;
    this.#coloured = coloured;
    this.#scene = { ...scene, begun: [], looks: [], note: null };
  }

  begin(step: Step, atS: number): void {
    this.#show({ begun: [...this.#scene.begun, { step, atS }], note: null });
  }

  look(look: Look): void {
    this.#show({ looks: [...this.#scene.looks.slice(1 - MOST_LOOKS), look] });
  }

  note(text: string): void {
    this.#show({ note: text });
  }

  /** The line stands there all the time. */
  concluded(): void {}

  end(): void {
    this.#screen.close();
  }

  #show(news: Partial<Scene>): void {
    this.#scene = { ...this.#scene, ...news };
    const { columns, rows } = this.#screen.size;
    this.#screen.draw(picture(this.#scene, { columns, rows }).map((line) => render(line, columns, this.#coloured)));
  }
}
