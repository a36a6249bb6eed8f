/** The parts of docs/drivers.md that people write. */

export const INTRODUCTION = `# Drivers

A driver speaks one firmware. It says as data what its machines can be told and what each order costs on its way; the planner knows
nothing else of it. \`curtailctl device ID\` shows the same for one machine of a running rack.`;

export const READING_THE_TABLES = `### How to read the tables

- **Values** are those of the first model the simulator gives to this driver; a machine that tells its own points is believed before
  the model file. An id is the driver's own word: \`590\` MHz, \`80%\`, a preset, a mode.
- **Live**: the order acts while the machine hashes, or wakes it within seconds. **Restart**: mining starts anew, which costs the time
  beside it. That cost is what keeps the planner from restarting machines for little.
- **Confirmed by** \`readback\`: the driver believes an order only when a later reading shows it. Whether the power followed is judged by
  the meter in any case.
- **Simulator**: the whole contract suite (\`test/drivers/contract.ts\`) passes against a simulator that was written from the wire format.
  **Recorded replies**: parsed from replies recorded on machines. **Hardware**: the suite was run on a machine. What says no here has not
  been shown; reports and recordings are welcome.
- Assumed because nobody publishes it, and to be corrected by whoever has the machine: what a voltage level of an Avalon 8 is worth
  (1 %); that an A13 to A15 takes \`frequency\` and \`voltage\` while it hashes; how far down a SEALMINER follows its power limit (half);
  what devices draw that cgminer or bfgminer has disabled (about a third).
- **Boards**: so many of them at the lowest point, the others off; the next point brings back all that our orders switched off, and none
  that somebody else did. Plans use them between sleep and the lowest point, and the ladder for a machine that does not come down. How long a board of
  LuxOS takes to come back is not published: half a minute is assumed. What control board and fans draw meanwhile is not either: a tenth of the lowest
  point is planned. A machine that sleeps wakes with the boards it fell asleep with, and needs room for those.
- **The ladder** of a machine that does not come down as told is retune, watts, boards, sleep, outlet. Retune is its points, whatever they are: megahertz,
  percents, modes, or watts. For Braiins, Auradine and SEALMINER the watts they are told *are* their points, so that no driver has a limit in
  watts besides (order \`watts\` in the table above), and that rung is passed over. Only LuxOS switches boards. An outlet opens by its own rules
  ([outlets.md](outlets.md)), whatever the firmware.
- Around every driver stands one guard (\`drivers/guarded.ts\`): points outside of \`miners[].limits\` are neither offered nor ordered.
  A board at its limit (\`boardMaxC\`, 80 °C unless model or owner say otherwise), a chip at its (\`chipMaxC\`, 95) or a fan that stands takes a miner
  down before its firmware has to: no raise, then less by steps, then sleep; core does that for all firmwares alike (\`agent/core/heat.ts\`).
- **VNish** from 1.3.3 on is told percents of its preset, live. Before, it is told presets, or where it is set by hand (preset \`disabled\`) the
  model's clocks and volts, in the unit its settings are written in. Both restart mining if it answers \`restart_required\`; firmware that has taken
  clocks and volts without is planned with as live from then on. One that asks for a reboot is refused, and boards clocked one by one are only put
  to sleep and woken.
- **WhatsMiner** is told percents (\`set_power_pct\`, 2 s, hashing) and not \`adjust_power_limit\` or \`set_target_freq\`: these restart btminer, which
  costs 40 s of its hashing with fast boot and 230 to 320 s without, down and again up, and passes through full power. If they saved 5 % of the
  power, which nobody has published, a limit would have to last 27 minutes (2.6 to 3.6 hours without fast boot) before the restarts are earned back.
  \`set_power_pct_v2\` takes minutes: longer than the 15 s a limit gives.
- What an order has to switch off besides what it sets, LuxOS's ATM and autotuner for two, is given back when nothing has limited the
  rack for a minute; \`curtailctl device ID\` says what is owed.
- Stock Antminers tell real watts only where port 6060 answers \`/miner_power\`; simulated ones do where they have addresses of their own. Which frequency levels a
  firmware takes is not documented: one that is not taken is not read back, and one that has no effect shows in the hashrate and is
  reported as an error of the machine.`;

export const ADD_A_DRIVER = `## Add a driver in an afternoon

1. **The wire, twice.** Write down requests, replies and defects of the firmware. Then write the simulator from it
   (\`drivers/sim/NAME.ts\`, an entry in \`drivers/sim/firmwares.ts\`): \`Asic\` brings the physics, restarts included, and
   \`startCgminerServer\` or \`startHttpServer\` the sockets with every fault. It may not import the driver.
2. **The folder** \`drivers/NAME/\`: \`driver.ts\` (a function from \`MinerOptions\` to \`Device\`, see \`drivers/driver.ts\`), and beside it a file
   for each thing it has to say: the requests, the points, the orders, the telemetry. \`drivers/cgminer\` has the TCP side and a parser for what is
   nearly JSON, \`drivers/http\` requests with deadlines, tokens, digest logins and a lockout for wrong passwords.
3. **Points and costs.** Whatever the firmware can be told becomes \`points\` and \`sleep\` with honest transitions: how long until the new
   draw holds, whether it hashes meanwhile, and \`highest: "default"\` where a restart passes through full power.
4. **One line** in \`drivers/index.ts\`, one row in \`scripts/docs/drivers.ts\` (the compiler asks for it), \`npm run docs\`.
5. **The contract.** \`test/drivers/NAME-contract.test.ts\` builds a stand (the simulated machine, a fault proxy, one order of each kind and how
   it shows in a reading) and calls \`contract\`. It then has to survive silence, garbage, cut and endless replies, resets, refusals, reboots and
   aborts, each with its typed error in time and no socket left behind.
6. **What the suite cannot know**: tests of the firmware's own defects with replies of your writing. A value that was not said is null,
   never zero; a write is believed when it is read back; a secret is in no message.

A new model of a known firmware is a JSON file in \`drivers/models\`; its README says what the keys mean.`;
