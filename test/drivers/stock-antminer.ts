/** One stock Antminer on real sockets, and the driver in front of it: with hands on its inside, which a rig has not. */
import { antminer, type StockSurroundings } from "../../drivers/antminer/driver.ts";
import type { Device } from "../../drivers/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { AntminerFirmware } from "../../drivers/sim/antminer.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { startCgminerServer } from "../../drivers/sim/cgminer-server.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { startHttpServer, type WebAnswer, type WebRequest } from "../../drivers/sim/http-server.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { faultProxy } from "./fault-proxy.ts";

export const REQUEST_MS = 250;
export const MODEL = "antminer-s19-pro";
const DAY_MS = 86_400_000;

export interface StockAntminer extends AsyncDisposable {
  readonly device: Device;
  readonly machine: SimMachine;
  readonly firmware: AntminerFirmware;
  /** What its web interface was asked and let in, oldest first: method and path. */
  readonly asked: string[];
  /** Bodies of the configurations it was told. */
  readonly told: string[];
  /** What the web interface says instead of what the firmware would; null: the firmware. */
  instead: ((request: WebRequest) => WebAnswer | null) | null;
  /** Another driver for the same machine, with another password perhaps. */
  again(password?: string, surroundings?: StockSurroundings): Device;
  fault(fault: string): void;
  /** Connections open now. */
  open(): number;
}

/** `startMs`: how long nothing is drawn when mining starts, and how long it climbs. */
export async function stockAntminer({ startMs = 300, model = MODEL }: { startMs?: number; model?: string } = {}): Promise<StockAntminer> {
  const clock = { now: () => performance.now(), wall: () => performance.timeOrigin + performance.now() };
  const random = seeded(1);
  const start = { downMs: startMs, climbMs: startMs };
  const machine = new SimMachine("asic-01", new Asic({ model: readSimModel(model), random, start, restartMs: startMs, minedMs: DAY_MS }, clock.now()), clock);
  const firmware = new AntminerFirmware({ machine, clock, random });
  const served = { host: "127.0.0.1", port: 0, latencyMs: 0, random, wire: () => machine.wire, asked: () => machine.asked(), wrote: () => machine.wrote() };
  const miner: Pick<StockAntminer, "instead" | "asked" | "told"> = { instead: null, asked: [], told: [] };
  const answer = (request: WebRequest): WebAnswer => {
    const given = miner.instead?.(request) ?? firmware.web(request);
    if (given.status !== 401) miner.asked.push(`${request.method} ${request.path}`);
    if (given.status !== 401 && request.path.endsWith("/set_miner_conf.cgi")) miner.told.push(request.body);
    return given;
  };
  const servers = [await startCgminerServer({ ...served, firmware }), await startHttpServer({ ...served, answer })] as const;
  const [api, web] = [await faultProxy(servers[0]), await faultProxy(servers[1])];
  // Port 1: no power is told.
  const again = (password?: string, surroundings: StockSurroundings = { powerPort: 1 }): Device =>
    antminer({ id: "asic-01", address: api.address, webPort: web.address.port, model: loadModel(model), deadlineMs: REQUEST_MS, ...(password !== undefined && { password }) }, surroundings);
  return Object.assign(miner, {
    device: again(),
    machine,
    firmware,
    again,
    fault: (fault: string) => {
      api.resetAfterData = web.resetAfterData = fault === "reset-after-data";
      if (fault !== "reset-after-data") machine.fault(parseAsicFault(fault));
    },
    open: () => api.open + web.open,
    [Symbol.asyncDispose]: async () => {
      for (const proxy of [api, web]) await proxy[Symbol.asyncDispose]();
      for (const server of servers) await server.close();
    },
  });
}
