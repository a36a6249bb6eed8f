/** docs/runbook.md: what to do at the rack first, then every word the daemon says. */
import { chapters } from "../../agent/report/runbook/runbook.ts";

const FIRST = `<!-- Made by npm run docs from agent/report/runbook. -->
# Runbook

For the technician at the rack. The same texts are on the controller, without a network: \`curtailctl explain NAME\`.

## The first five minutes

1. \`curtailctl why\` says in a sentence what the rack may draw and why. \`curtailctl status\` adds what it draws and who measures it.
2. \`curtailctl doctor\` looks at clock, disk, network, brokers, miners and meters, and says for each fault what to do.
3. \`curtailctl events --last 50\` is what happened; \`curtailctl explain NAME\` what each line means.
4. \`curtailctl top\` shows every miner live; Enter opens one.
5. No answer at all: \`systemctl status curtaild\`, then \`journalctl -u curtaild -p warning -b\`.

| you want | do |
|---|---|
| the rack off, now | \`curtailctl stop\`, or the breaker: the agent finds its way back by itself |
| less power for a while | \`curtailctl limit 4kW --for 2h\`, \`curtailctl limit clear\` |
| to work on one miner | \`curtailctl maintenance ID\`, at the end \`curtailctl maintenance ID --end\` |
| to restart the daemon without a dip | \`curtailctl hold --for 5m\`, then \`systemctl restart curtaild\` |
| to take a changed configuration | \`curtaild check FILE\`, \`curtailctl reload\` |
| help from afar | \`curtailctl doctor --bundle /tmp/help.tar.gz\`: log, configuration and status, without secrets |

Never needed and never done by the agent: raising a limit at the rack. Only the grid raises what the grid has lowered.
`;

export function runbookFile(): string {
  const parts = chapters.map(({ title, about, entries }) => {
    const texts = Object.entries(entries).map(([name, { says, means, cause, cure }]) =>
      [`### ${name}`, "", ...(says === "" ? [] : [`_${says}_`, ""]), `- **Meaning** ${means}`, `- **Cause** ${cause}`, `- **Cure** ${cure}`, ""].join("\n"),
    );
    return [`## ${title}`, "", `${about.charAt(0).toUpperCase()}${about.slice(1)}.`, "", ...texts].join("\n");
  });
  return `${[FIRST, ...parts].join("\n").trimEnd()}\n`;
}
