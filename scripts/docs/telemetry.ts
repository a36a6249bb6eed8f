/** docs/telemetry.md: what the farm is told, from the tables it is told by. */
import { BUDGET, ASIC, OUTLET, RACK, RECORDS } from "../../agent/report/farm/tables.ts";
import { RENEW_S } from "../../agent/report/farm/home-assistant.ts";
import { METRICS } from "../../agent/report/prometheus/metrics.ts";
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
| \`rack\` | the rack in one flat message | 1, yes |
| \`asic/{id}\`, \`outlet/{meter}/{number}\` | a machine, an outlet | 0, no |
| \`notice/{event}\` | every event but single orders and their acknowledgements: \`asic/{id}\` says what is wanted, the journal has each | 1, no |
| \`interval\`, \`machines\`, \`summary\` | energy by quarter hours, of every machine, and a minute in one record; wait on disk while the broker is away. \`machines\` and \`summary\` come in parts of 200 machines: a record is whole when all \`parts\` with its \`from\` are there | 1, no |

A message has all members each time, so that a reader needs no memory; units are in the names, \`null\` is unknown and never zero. It goes out when one of its members
has moved by more than its deadband, and after a while in any case. The link has a budget of ${BUDGET.bytesPerSecond / 1000} kB/s. Records have ${RECORDS.bytesPerSecond / 1000} of it, so that a week that waited on disk does not silence the machines;
machines and outlets have the rest, and when all move at once, those that moved farthest and waited longest come first. The rack itself does not wait, and neither do events (a switch
that dies makes one notice for each machine behind it): what they take beyond the budget, the others go without for up to ten seconds.

Measured with \`npm run bench -- --only farm\` (1,000 simulated miners with their noise, the real daemon, a broker): see [performance.md](performance.md). To look at all of it takes
the daemon half a millisecond a second.`;

const HOME_ASSISTANT = `## Home Assistant

\`farm: { ..., homeAssistant: {} }\` makes the rack and every miner appear in Home Assistant as devices: power, limit, how long the limit holds still, where it comes
from, state, compliance, hashrate and efficiency of the rack; power, hashrate, temperature and state of a miner. Nothing can be ordered from there.

What is gone does not stay: a value that is not renewed becomes unavailable (\`expire_after\`), all of them do when the rack's last will says so, and a broker of
MQTT 5 forgets the discovery message itself after ${(3 * RENEW_S) / 3600} hours, so that after Home Assistant's next start the device can be removed. With MQTT 3.1.1 remove it by hand:
\`mosquitto_pub -r -n -t homeassistant/device/curtaild__SITE__RACK/config\`.`;

const PROMETHEUS = `## Prometheus

\`curl --unix-socket /run/curtaild/look.sock http://curtaild/metrics\` on the controller, always; over the network only with

\`\`\`yaml
web: { listen: "10.0.0.5:9840", tokenFile: secrets/web, metrics: true, page: false }
\`\`\`

\`\`\`yaml
# prometheus.yml
scrape_configs:
  - job_name: curtaild
    authorization: { credentials_file: /etc/prometheus/curtaild.token }
    static_configs: [{ targets: ["10.0.0.5:9840"] }]
rule_files: [alerts.yml]
\`\`\`

Unknown is \`NaN\` and no limit \`+Inf\`: a sum over racks never takes the one for zero, nor the other. Base units throughout: watts, joules, seconds, hashes per second.
[prometheus/alerts.yml](prometheus/alerts.yml) has a rule for every alarm of the [runbook](runbook.md) and for every event that is an error, in its words; \`promtool test rules\` shows
each firing and silent ([cases](prometheus/alerts.test.yml)). A scrape of 1,000 miners and outlets is 384 kB and takes 3 ms to make. [prometheus/dashboard.json](prometheus/dashboard.json) is a Grafana dashboard.

![The dashboard's panels](prometheus/dashboard.png)

The picture is drawn by \`npm run dashboard\` from the panels' own queries to a Prometheus that scraped a daemon with twelve simulated miners; it is not a photograph of Grafana.

| metric | type | what it is |
|---|---|---|
${METRICS.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`).join("\n")}`;

export const telemetryFile = (): string => `${INTRODUCTION}\n\n${tablesText({ rack: RACK, "asic/{id}": ASIC, "outlet/{meter}/{number}": OUTLET })}\n${HOME_ASSISTANT}\n\n${PROMETHEUS}\n`;
