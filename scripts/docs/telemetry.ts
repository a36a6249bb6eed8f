/** docs/telemetry.md: what the farm is told, from the tables it is told by. */
import { BUDGET, ASIC, OUTLET, RACK } from "../../agent/report/farm/tables.ts";
import { tablesText } from "./farm-documents.ts";

const INTRODUCTION = `<!-- Made by npm run docs from scripts/docs/telemetry.ts and the tables of agent/report/farm. -->
# Telemetry

Two parties are told about a rack, over two links that know nothing of each other. The **grid operator** is told what [GLA/1](gla-1.md) names and
nothing else: the rack as a whole, never a machine, its hashrate or its pool. The **farm** is told the rest, on an MQTT broker of its own
(\`farm:\` in the configuration). Who needs no broker reads the last day on the controller: \`curtailctl top\`, \`curtailctl device ID --history\`.

## Topics of the farm

\`{prefix}/{site}/{rack}/...\`, prefix \`curtaild\` unless \`farm.prefix\` says otherwise. Described for programs in [farm.asyncapi.yaml](farm.asyncapi.yaml);
schemas in [schemas](schemas).

| topic | what | QoS, retained |
|---|---|---|
| \`status\` | the operator's status, unsigned; with \`online: false\` as the last will | 1, yes |
| \`rack\` | the rack in one flat message | 0, yes |
| \`asic/{id}\`, \`outlet/{meter}/{number}\` | a machine, an outlet | 0, no |
| \`notice/{event}\` | every event but single orders and their acknowledgements: \`asic/{id}\` says what is wanted, the journal has each | 1, no |
| \`interval\`, \`machines\`, \`summary\` | energy by quarter hours, of every machine, and a minute in one record; wait on disk while the broker is away | 1, no |

A message has all members each time, so that a reader needs no memory; units are in the names, \`null\` is unknown and never zero. It goes out when one of its members
has moved by more than its deadband, and after a while in any case. Machines and outlets together take ${BUDGET.bytesPerSecond / 1000} kB/s at the most: when all move at once, those
that moved farthest and waited longest come first. The rack itself does not wait.`;

export const telemetryFile = (): string => `${INTRODUCTION}\n\n${tablesText({ rack: RACK, "asic/{id}": ASIC, "outlet/{meter}/{number}": OUTLET })}`;
