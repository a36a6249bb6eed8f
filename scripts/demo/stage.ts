/** The real thing on this machine: the rig and the daemon as processes of their own, and the operator that speaks to them. */
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { readTruth, setFault } from "../../agent/cli/sim-at.ts";
import type { RigFile } from "../../agent/cli/sim-files.ts";
import type { ConfigInput } from "../../agent/config/schema.ts";
import type { Scope } from "../../agent/runtime/scope.ts";
import { loadModel } from "../../drivers/models.ts";
import { Child } from "./child.ts";
import type { Rack } from "./judge.ts";
import type { Kind } from "./means.ts";
import type { Grid } from "./grid.ts";
import { DEMO_VTN, openOwner } from "./program-owner.ts";
import { openOperator } from "./operator-link.ts";
import type { Act } from "./story.ts";

const MODELS = ["antminer-s19k-pro", "antminer-s19j-pro", "antminer-s21"];
const RIG_MS = 20_000;
const ROOT_KEY = "root.pub.pem";

export interface StageOptions {
  readonly asics: number;
  /** Firmwares given out in turn, each with models of its own; unset: LuxOS on three models. */
  readonly drivers?: readonly string[];
  readonly failsafePart: number;
  /** A VTN instead of an operator. */
  readonly openadr: boolean;
  /** What the rack's policy says besides. */
  readonly policy?: ConfigInput["policy"];
  /** The temporary folder stays where it is. */
  readonly keep: boolean;
  /** The rack refused a document. */
  readonly refused: (text: string) => void;
}

export class Stage {
  readonly dir: string;
  readonly rack: Rack;
  /** Model by ASIC, as people say it: "S19k Pro". */
  readonly models: ReadonlyMap<string, string>;
  readonly kinds: readonly Kind[];
  readonly #grid: Grid;
  readonly #scope: Scope;
  readonly #failures: AbortController;
  #silent: string | null = null;
  #deaf: readonly string[] = [];
  readonly #allocations: string[] = [];

  private constructor(parts: { dir: string; rack: Rack; models: ReadonlyMap<string, string>; kinds: readonly Kind[]; grid: Grid; scope: Scope; failures: AbortController }) {
    this.dir = parts.dir;
    this.rack = parts.rack;
    this.models = parts.models;
    this.kinds = parts.kinds;
    this.#grid = parts.grid;
    this.#scope = parts.scope;
    this.#failures = parts.failures;
  }

  /** Everything but the daemon, which the story starts. What is opened ends with `scope`. */
  static async open({ asics, drivers, failsafePart, openadr, policy, keep, refused }: StageOptions, scope: Scope): Promise<Stage> {
    const dir = await mkdtemp(join(tmpdir(), "curtaild-demo-"));
    if (!keep) scope.own("temporary folder", () => rm(dir, { recursive: true, force: true }));
    const failures = new AbortController();
    const rigProcess = start("rig", ["sim", "--asics", String(asics), ...(drivers === undefined ? ["--models", MODELS.join(",")] : ["--drivers", drivers.join(",")]), "--broker", ...(openadr ? ["--vtn"] : []), "--dir", dir], { dir, scope, failures });
    await rigProcess.says((line) => line.startsWith('{"ready":true'), RIG_MS);

    const rig = JSON.parse(await readFile(join(dir, "rig.json"), "utf8")) as RigFile;
    const rootKeys = generateKeyPairSync("ed25519");
    const config = await settle(dir, { rig, failsafePart, policy, rootKey: rootKeys.publicKey.export({ format: "pem", type: "spki" }).toString() });
    const silence = (silent: boolean): Promise<void> => setFault(dir, "vtn", silent ? "silent" : "clear");
    const grid = rig.vtn === undefined
      ? await openOperator(config, { broker: rig.broker, rootKey: rootKeys.privateKey, refused, scope })
      : await openOwner({ url: rig.vtn.url, id: rig.vtn.ownerId, secret: rig.vtn.ownerSecret, silence });
    return new Stage({
      dir,
      rack: {
        nominalW: config.node.nominalW,
        breakerW: config.node.breakerW,
        outlets: rig.pdus.reduce((sum, { outlets }) => sum + outlets, 0),
      },
      models: new Map(rig.asics.map(({ id, model }) => [id, nameOf(model)])),
      kinds: rig.asics.map(({ id, driver, model }) => ({ id, driver, model: nameOf(model) })),
      grid,
      scope,
      failures,
    });
  }

  /** The document that lowered the limit first; null: it was not said yet. */
  get firstDrop(): string | null {
    return this.#allocations[1] ?? null;
  }

  get socket(): string {
    return join(this.dir, "run");
  }

  /** Aborts when a process has ended that should not have. */
  get failed(): AbortSignal {
    return this.#failures.signal;
  }

  async act(act: Act): Promise<void> {
    switch (act.kind) {
      case "start-daemon":
        start("daemon", ["run", "--config", join(this.dir, "config.yaml")], { dir: this.dir, scope: this.#scope, failures: this.#failures });
        return;
      case "allocate": {
        const id = await this.#grid.allocate(act.part === null ? null : act.part * this.rack.nominalW);
        if (id !== null) this.#allocations.push(id);
        return;
      }
      case "heartbeat":
        return this.#grid.heartbeat(act.beats);
      case "asic":
        return act.answers ? this.#mend() : this.#silence();
      case "deaf":
        return this.#deafen(act.count);
      case "emergency":
        return this.#grid.emergency();
      case "release":
        return this.#grid.release();
    }
  }

  /** The machines that follow no order, or followed none. */
  get deaf(): readonly string[] {
    return this.#deaf;
  }

  /** The hungriest: nothing the others do makes up for them. */
  async #deafen(count: number): Promise<void> {
    if (count === 0) for (const id of this.#deaf) await setFault(this.dir, id, "clear");
    if (count === 0) return;
    const { asics } = await readTruth(this.dir);
    this.#deaf = asics.toSorted((a, b) => b.powerW - a.powerW).slice(0, count).map(({ id }) => id);
    for (const id of this.#deaf) await setFault(this.dir, id, "stuck");
  }

  /** One that hashes: a sleeping one would not be missed. */
  async #silence(): Promise<void> {
    const { asics } = await readTruth(this.dir);
    const hashing = asics.filter(({ state }) => state === "hashing").toSorted((a, b) => a.powerW - b.powerW);
    this.#silent = hashing[0]?.id ?? asics[0]?.id ?? null;
    if (this.#silent !== null) await setFault(this.dir, this.#silent, "silent");
  }

  async #mend(): Promise<void> {
    if (this.#silent !== null) await setFault(this.dir, this.#silent, "clear");
    this.#silent = null;
  }
}

const nameOf = (model: string): string => loadModel(model).name.replace(/^(Antminer|WhatsMiner) /, "");

function start(name: string, args: readonly string[], { dir, scope, failures }: { dir: string; scope: Scope; failures: AbortController }): Child {
  const child = new Child(name, args, join(dir, `${name}.log`));
  scope.own(name, () => child.stop());
  child.failed().catch((error: unknown) => failures.abort(error));
  return child;
}

/** As the documents' times are short here, so are the rests between sleeping and waking. */
const SHORT_RESTS: ConfigInput["policy"] = { minSleepS: 2, minRunS: 5 };

/** What the operator's allocation says otherwise: no event of a VTN can. */
const SHORT_RETURN: ConfigInput["policy"] = { restartRandomS: 1, rampPctPerMin: 6_000 };

/** From the rig's configuration to one of a rack that believes only what is signed, or only its VTN. */
async function settle(dir: string, { rig, failsafePart, policy, rootKey }: { rig: RigFile; failsafePart: number; policy: ConfigInput["policy"]; rootKey: string }): Promise<ConfigInput> {
  const written = parse(await readFile(rig.config, "utf8")) as ConfigInput;
  const config: ConfigInput = {
    ...written,
    ...(written.openadr != null && { openadr: { ...written.openadr, ...DEMO_VTN } }),
    grid: { ...written.grid, signatures: "required", rootKeyFile: join("keys", ROOT_KEY), failsafeLimitW: Math.min(written.node.breakerW, Math.round(failsafePart * written.node.nominalW)) },
    policy: { ...written.policy, ...SHORT_RESTS, ...(rig.vtn !== undefined && SHORT_RETURN), ...policy },
  };
  await mkdir(join(dir, "keys"));
  await writeFile(join(dir, "keys", ROOT_KEY), rootKey);
  await writeFile(rig.config, stringify(config));
  return config;
}
