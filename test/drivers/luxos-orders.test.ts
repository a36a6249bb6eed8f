import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { luxos, type LuxosMiner } from "../../drivers/luxos/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { reply, respond } from "./raw-miner.ts";
import { board, config, devs, scriptedLuxos, SESSION, type ScriptedLuxos } from "./scripted-luxos.ts";

const never = new AbortController().signal;
const REQUEST_MS = 150;

const driverOf = ({ miner }: ScriptedLuxos): LuxosMiner => luxos({ id: "asic-01", address: miner.address, model: loadModel("antminer-s19k-pro"), deadlineMs: REQUEST_MS });

async function order(device: LuxosMiner, point: string, signal = never): Promise<void> {
  assert.ok(device.actuators.points);
  await device.actuators.points({ kind: "points", point }, signal);
}

async function sleep(device: LuxosMiner): Promise<void> {
  assert.ok(device.actuators.sleep);
  await device.actuators.sleep({ kind: "sleep" }, never);
}

/** What was asked after the poll that made the state known. */
async function afterPoll(script: ScriptedLuxos, work: (device: LuxosMiner) => Promise<void>): Promise<readonly string[]> {
  const device = driverOf(script);
  await device.read(never);
  script.asked.length = 0;
  await work(device);
  return script.asked;
}

const DOWN = ["frequencyset 0,290", "frequencyset 1,290", "frequencyset 2,290", "voltageset 0,11.88", "voltageset 1,11.88", "voltageset 2,11.88"];

describe("an order to a point", () => {
  test("is one session around the writes it needs", async () => {
    await using script = await scriptedLuxos();
    assert.deepEqual(await afterPoll(script, (device) => order(device, "290")), ["logon", ...DOWN, "logoff"]);
    assert.equal(script.miner.mostWaiting, 1);
  });

  test("writes everything again while no reading has confirmed it", async () => {
    await using script = await scriptedLuxos();
    const asked = await afterPoll(script, async (device) => {
      await order(device, "290");
      script.asked.length = 0;
      await order(device, "590");
    });
    assert.equal(asked.filter((command) => command.startsWith("voltageset")).length, 3);
    assert.deepEqual(asked.slice(1, 3), ["voltageset 0,13.5", "voltageset 1,13.5"]);
  });

  test("does not let a reading that was under way confirm it", async () => {
    await using script = await scriptedLuxos({ config: () => config() });
    const device = driverOf(script);
    await device.read(never);
    script.answers["devs"] = () => devs(board(0), board(1), board(2));
    script.answers["+"] = (command) => (socket) => setTimeout(() => respond(socket, joinedOf(script, command)), 30);
    const poll = device.read(never);
    while (!script.asked.at(-1)?.includes("+")) await pause(1);
    await order(device, "290");
    await poll;
    script.asked.length = 0;
    await order(device, "590");
    assert.equal(script.asked.length, 8);
  });

  test("writes nothing where everything is confirmed, and is acknowledged", async () => {
    await using script = await scriptedLuxos();
    assert.deepEqual(await afterPoll(script, (device) => order(device, "590")), ["logon", "logoff"]);
  });

  test("wakes first, then sets, again and again while the firmware still counts itself asleep", async () => {
    let refusals = 1;
    await using script = await scriptedLuxos({
      config: () => config({ CurtailMode: "Sleep" }),
      devs: () => devs(board(0, { Status: "Dead", Frequency: 190, Voltage: 13.5 })),
      frequencyset: () => (refusals-- > 0 ? reply("E", 403, {}, "Miner is curtailed") : reply("S", 302)),
    });
    assert.deepEqual(await afterPoll(script, (device) => order(device, "590")), ["logon", "curtail wakeup", "frequencyset 0,590", "frequencyset 0,590", "logoff"]);
  });

  test("looks at the mode first when no reading has said it", async () => {
    await using script = await scriptedLuxos({ config: () => config({ CurtailMode: "Sleep" }) });
    await order(driverOf(script), "290");
    assert.deepEqual(script.asked, ["logon", "config", "curtail wakeup", ...DOWN, "logoff"]);
  });

  test("takes ATM and the tuner off the wheel, once", async () => {
    await using script = await scriptedLuxos({ config: () => config({ IsAtmEnabled: true, IsTuning: true }) });
    const asked = await afterPoll(script, async (device) => {
      await order(device, "290");
      await order(device, "315");
    });
    assert.deepEqual(asked.slice(0, 4), ["logon", "atmset enabled=false", "autotunerset enabled=false", "frequencyset 0,290"]);
    assert.equal(asked.filter((command) => command.startsWith("atmset")).length, 1);
  });

  test("leaves out boards that are off or dead, and is refused when none is left", async () => {
    await using script = await scriptedLuxos({ devs: () => devs(board(0, { Enabled: "N" }), board(1), board(2, { Status: "Dead" })) });
    assert.deepEqual(await afterPoll(script, (device) => order(device, "290")), ["logon", "frequencyset 1,290", "voltageset 1,11.88", "logoff"]);
    script.answers["devs"] = () => devs(board(0, { Enabled: "N" }));
    await afterPoll(script, (device) => assert.rejects(order(device, "290"), /no hashboard is running/));
  });

  test("goes on with the other boards when one refuses, never raises that one, and says which", async () => {
    await using script = await scriptedLuxos({
      devs: () => devs(board(0, { Frequency: 290, Voltage: 11.88 }), board(1, { Frequency: 290, Voltage: 11.88 })),
      voltageset: (parameter) => (parameter.includes(",0,") ? reply("E", 421, {}, "PIC did not answer") : reply("S", 305)),
    });
    const asked = await afterPoll(script, (device) => assert.rejects(order(device, "590"), (error) => error instanceof DeviceError && error.code === "refused" && /board 0: .*PIC did not answer/.test(error.message)));
    assert.deepEqual(asked, ["logon", "voltageset 0,13.5", "voltageset 1,13.5", "frequencyset 1,590", "logoff"]);
  });

  for (const letter of ["I", "W"]) {
    test(`is not acknowledged by STATUS ${letter}`, async () => {
      await using script = await scriptedLuxos({ frequencyset: () => reply(letter, 118) });
      await assert.rejects(order(driverOf(script), "290"), { code: "refused" });
    });
  }

  test("to an unknown point is out of range before anything is sent", async () => {
    await using script = await scriptedLuxos();
    await assert.rejects(order(driverOf(script), "591"), (error) => error instanceof DeviceError && error.code === "out-of-range" && error.message.includes("590"));
    assert.deepEqual(script.asked, []);
  });

  test("goes before polls that wait", async () => {
    await using script = await scriptedLuxos();
    const device = driverOf(script);
    script.answers["power"] = () => reply("S", 311);
    const polls = [device.read(never), device.read(never), device.read(never)];
    const told = order(device, "290").then(() => script.asked.filter((command) => command.includes("devs")).length);
    await Promise.all(polls);
    assert.ok((await told) <= 3);
    assert.equal(script.miner.mostWaiting, 1);
    assert.ok(script.asked.indexOf("logon") <= 1, "the order waits for the request in flight only");
  });
});

describe("an order to fewer boards", () => {
  const boards = async (device: LuxosMiner, count: number): Promise<void> => {
    assert.ok(device.actuators.boards);
    await device.actuators.boards({ kind: "boards", count }, never);
  };
  const lowest = (...indices: readonly number[]): string[] => [...indices.map((index) => `frequencyset ${index},190`), ...indices.map((index) => `voltageset ${index},11.88`)];

  test("slows all boards down before the last ones go, and brings them back with the next point", async () => {
    await using script = await scriptedLuxos();
    const device = driverOf(script);
    await device.read(never);
    script.asked.length = 0;
    await boards(device, 1);
    assert.deepEqual(script.asked, ["logon", ...lowest(0, 1, 2), "disableboard 1", "disableboard 2", "logoff"]);
    script.answers["devs"] = () => devs(board(0, { Frequency: 190, Voltage: 11.88 }), board(1, { Enabled: "N", Status: "Dead" }), board(2, { Enabled: "N", Status: "Dead" }));
    const telemetry = await device.read(never);
    assert.equal(telemetry.point, "190", "of the board that runs");
    assert.deepEqual(telemetry.boards.map(({ enabled }) => enabled), [true, false, false]);
    assert.deepEqual(device.capabilities.flatMap((capability) => (capability.kind === "boards" ? [capability.count] : [])), [3]);
    assert.deepEqual(device.debts?.words, ["board 1", "board 2"]);
    script.asked.length = 0;
    await order(device, "290");
    assert.deepEqual(script.asked, [
      "logon", "voltageset 0,11.88", "frequencyset 0,290", "enableboard 1", "enableboard 2",
      "frequencyset 1,290", "frequencyset 2,290", "voltageset 1,11.88", "voltageset 2,11.88", "logoff",
    ].filter((command) => command !== "voltageset 0,11.88"));
    assert.deepEqual(device.debts?.words, []);
  });

  test("leaves a board alone that somebody else switched off", async () => {
    await using script = await scriptedLuxos({ devs: () => devs(board(0, { Enabled: "N" }), board(1), board(2)) });
    const asked = await afterPoll(script, async (device) => {
      assert.deepEqual(device.capabilities.flatMap((capability) => (capability.kind === "boards" ? [capability.count] : [])), [2]);
      await boards(device, 1);
      await order(device, "190");
    });
    assert.deepEqual(asked.filter((command) => /board/.test(command)), ["disableboard 2", "enableboard 2"]);
  });

  test("counts a board that it has switched on while that one starts, and does not call it dead", async () => {
    await using script = await scriptedLuxos();
    const device = driverOf(script);
    await device.read(never);
    await boards(device, 2);
    script.answers["devs"] = () => devs(board(0, { Frequency: 190, Voltage: 11.88 }), board(1, { Frequency: 190, Voltage: 11.88 }), board(2, { Enabled: "N", Status: "Dead" }));
    await device.read(never);
    await order(device, "190");
    script.answers["devs"] = () => devs(board(0, { Frequency: 190, Voltage: 11.88 }), board(1, { Frequency: 190, Voltage: 11.88 }), board(2, { Status: "Dead" }));
    const telemetry = await device.read(never);
    assert.deepEqual([telemetry.errors, telemetry.boards.map(({ enabled }) => enabled)], [[], [true, true, false]]);
    assert.deepEqual(device.capabilities.flatMap((capability) => (capability.kind === "boards" ? [capability.count] : [])), [3]);
  });

  test("knows which boards it owes after the daemon was started anew", async () => {
    await using script = await scriptedLuxos({ devs: () => devs(board(0), board(1), board(2, { Enabled: "N" })) });
    const device = driverOf(script);
    device.debts?.recall(["board 2", "nonsense", "board 99999"]);
    await device.read(never);
    script.asked.length = 0;
    await device.debts?.pay(never);
    assert.deepEqual(script.asked, ["logon", "enableboard 2", "logoff"]);
    assert.deepEqual(device.debts?.words, []);
  });

  test("for more boards than there are is out of range", async () => {
    await using script = await scriptedLuxos();
    for (const count of [0, 4, 1.5]) await afterPoll(script, (device) => assert.rejects(boards(device, count), { code: "out-of-range" }));
  });
});

describe("what orders switched off", () => {
  const controllers = (on: boolean) => (): string => config({ IsAtmEnabled: on, IsTuning: on });

  test("is owed from before it is sent, and switched on again when it is paid", async () => {
    await using script = await scriptedLuxos({ config: controllers(true) });
    const device = driverOf(script);
    await device.read(never);
    assert.deepEqual(device.debts?.words, []);
    await order(device, "290");
    assert.deepEqual(device.debts?.words, ["atm", "tuner"]);
    script.answers["config"] = controllers(false);
    await device.read(never);
    script.asked.length = 0;
    await device.debts?.pay(never);
    assert.deepEqual(script.asked, ["logon", "autotunerset enabled=true", "atmset enabled=true", "logoff"]);
    assert.deepEqual(device.debts?.words, []);
    script.asked.length = 0;
    await order(device, "315");
    assert.deepEqual(script.asked.slice(0, 3), ["logon", "atmset enabled=false", "autotunerset enabled=false"]);
  });

  test("is owed no more when a reading shows it on", async () => {
    await using script = await scriptedLuxos({ config: controllers(true) });
    const device = driverOf(script);
    await device.read(never);
    await order(device, "290");
    await device.read(never);
    assert.deepEqual(device.debts?.words, []);
  });
});

test("the lamp is made to blink, and to stop", async () => {
  await using script = await scriptedLuxos();
  const asked = await afterPoll(script, async (device) => {
    await device.blink?.(true, never);
    await device.blink?.(false, never);
  });
  assert.deepEqual(asked, ["logon", "ledset red,blink", "logoff", "logon", "ledset red,off", "logoff"]);
});

describe("sleep", () => {
  test("slows down first, and curtails", async () => {
    await using script = await scriptedLuxos();
    assert.deepEqual(await afterPoll(script, sleep), ["logon", "frequencyset 0,190", "frequencyset 1,190", "frequencyset 2,190", "voltageset 0,11.88", "voltageset 1,11.88", "voltageset 2,11.88", "curtail sleep", "logoff"]);
  });

  test("comes though slowing down is refused", async () => {
    await using script = await scriptedLuxos({ frequencyset: () => reply("E", 400) });
    assert.deepEqual(await afterPoll(script, sleep), ["logon", "frequencyset 0,190", "curtail sleep", "logoff"]);
  });

  test("comes though slowing down is not answered", async () => {
    await using script = await scriptedLuxos({ frequencyset: () => () => {} });
    assert.deepEqual(await afterPoll(script, sleep), ["logon", "frequencyset 0,190", "curtail sleep", "logoff"]);
  });

  test("is ordered again though it already sleeps", async () => {
    await using script = await scriptedLuxos({ config: () => config({ CurtailMode: "Sleep" }) });
    assert.deepEqual(await afterPoll(script, sleep), ["logon", "curtail sleep", "logoff"]);
  });

  test("is not believed before STATUS S", async () => {
    await using script = await scriptedLuxos({ curtail: () => reply("E", 400) });
    await afterPoll(script, (device) => assert.rejects(sleep(device), { code: "refused" }));
  });
});

describe("a session", () => {
  const another = (): string => reply("E", 402, {}, "Another session is active");
  const held = (id: string): string => reply("S", 319, { SESSION: [{ SessionID: id }] });

  test("is logged off after an error", async () => {
    await using script = await scriptedLuxos({ frequencyset: () => (socket) => socket.resetAndDestroy() });
    await afterPoll(script, (device) => assert.rejects(order(device, "290"), { code: "unreachable" }));
    assert.equal(script.asked.at(-1), "logoff");
  });

  test("of somebody else is waited for", async () => {
    await using script = await scriptedLuxos({ logon: another, session: () => held("technician") });
    const device = driverOf(script);
    setTimeout(() => delete script.answers["logon"], 100);
    setTimeout(() => (script.answers["logon"] = () => reply("S", 316, { SESSION: [{ SessionID: SESSION }] })), 100);
    await order(device, "290");
    assert.equal(script.asked.at(-1), "logoff");
    assert.ok(!script.asked.includes("logoff technician"));
  });

  test("of somebody else that stays is a refusal with its name and the cure, within the deadline", async () => {
    await using script = await scriptedLuxos({ logon: another, session: () => held("technician") });
    const began = performance.now();
    await assert.rejects(order(driverOf(script), "290"), (error) => error instanceof DeviceError && error.code === "refused" && /another session \(tec…\).*60 s/.test(error.message));
    assert.ok(performance.now() - began < 4 * REQUEST_MS);
    assert.ok(!script.asked.some((command) => command.startsWith("logoff")));
  });

  test("of somebody else is ended by an order that lowers, after a moment, and he is told", async () => {
    await using script = await scriptedLuxos({ logon: another, session: () => held("technician") });
    script.answers["kill"] = () => {
      script.answers["logon"] = () => reply("S", 316, { SESSION: [{ SessionID: SESSION }] });
      return reply("S", 320);
    };
    const device = driverOf(script);
    await device.read(never);
    const began = performance.now();
    await order(device, "290");
    assert.ok(performance.now() - began >= REQUEST_MS, "he had a moment to end it himself");
    assert.equal(script.asked.filter((command) => command === "kill").length, 1);
    assert.match((await device.read(never)).errors.join(), /session was ended/);
  });

  test("of somebody else is not ended for a raise", async () => {
    await using script = await scriptedLuxos({ logon: another, session: () => held("technician"), devs: () => devs(board(0, { Frequency: 190, Voltage: 11.88 })) });
    await afterPoll(script, (device) => assert.rejects(order(device, "590"), { code: "refused" }));
    assert.ok(!script.asked.includes("kill"));
  });

  test("whose logoff was lost is ended before the next order", async () => {
    await using script = await scriptedLuxos({ logoff: () => (socket) => socket.resetAndDestroy() });
    const device = driverOf(script);
    await order(device, "290");
    script.answers["logoff"] = () => reply("S", 317);
    script.asked.length = 0;
    await order(device, "290");
    assert.deepEqual(script.asked.slice(0, 2), ["logoff", "logon"]);
  });

  test("whose logon was answered with garbage is found and ended", async () => {
    let lost = true;
    let open = "";
    await using script = await scriptedLuxos({
      logon: () => {
        if (open !== "") return another();
        open = SESSION;
        return lost ? "garbage" : reply("S", 316, { SESSION: [{ SessionID: SESSION }] });
      },
      session: () => held(open),
      logoff: () => {
        open = "";
        return reply("S", 317);
      },
    });
    const device = driverOf(script);
    await assert.rejects(order(device, "290"), { code: "malformed" });
    lost = false;
    script.asked.length = 0;
    await order(device, "290");
    assert.deepEqual(script.asked.slice(0, 4), ["logon", "session", "logoff", "logon"]);
    assert.equal(open, "");
  });

  test("that was just opened is closed when the order is aborted", async () => {
    const stop = new AbortController();
    await using script = await scriptedLuxos();
    script.answers["logon"] = () => {
      stop.abort(new Error("newer order"));
      return reply("S", 316, { SESSION: [{ SessionID: SESSION }] });
    };
    await assert.rejects(order(driverOf(script), "290", stop.signal), /newer order/);
    assert.deepEqual(script.asked, ["logon", "logoff"]);
  });

  test("left behind is ended on dispose", async () => {
    await using script = await scriptedLuxos({ logoff: () => (socket) => socket.resetAndDestroy() });
    const device = driverOf(script);
    await order(device, "290");
    script.asked.length = 0;
    await device[Symbol.asyncDispose]();
    assert.deepEqual(script.asked, ["logoff"]);
  });

  test("never shows in an error", async () => {
    await using script = await scriptedLuxos({ frequencyset: () => "garbage", voltageset: () => "garbage" });
    await assert.rejects(order(driverOf(script), "290"), (error) => error instanceof DeviceError && !String(error.stack).includes(SESSION));
  });
});

function joinedOf(script: ScriptedLuxos, command: string): string {
  return `{${command.split("+").map((name) => `"${name}":[${String(script.answers[name]?.(""))}]`).join(",")},"id":1}`;
}
