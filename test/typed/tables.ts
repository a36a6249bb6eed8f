/** What the words of the books stand for here, and what is not typed here. Data. */

/** Where things are in the rig of these tests. */
export interface Places {
  /** The rig's files, and the daemon's. */
  readonly rig: string;
  /** A place of the test's own, for what is made on the way. */
  readonly spare: string;
  readonly broker: string;
  readonly miner: string;
  /** A machine that is not in `spare`'s configuration, and another. */
  readonly newcomer: string;
  readonly successor: string;
  readonly pdu: string;
  /** Of the rack's journal, as `n:hash`. */
  readonly head: string;
}

/** In this order, each wherever it stands. `on`: only on this page. */
export const STANDS_FOR: readonly { readonly words: RegExp; readonly on?: string; readonly are: (places: Places) => string }[] = [
  // The rig belongs to whoever runs the tests.
  { words: /^sudo /, are: () => "" },
  { words: /\bnode dist\/agent\/cli\/(curtaild|curtailctl)\.js/g, are: () => "$1" },
  { words: /^ctl (?=[^(])/, are: () => "curtailctl " },
  // Other racks than the one all of this is typed at.
  { words: /\/tmp\/rig/g, on: "docs/profiles.md", are: ({ spare }) => `${spare}/rig-profiles` },
  { words: /\/tmp\/rig/g, on: "docs/openadr.md", are: ({ spare }) => `${spare}/rig-openadr` },
  { words: /(?<=--dir )\/tmp\/rig/g, on: "README.md", are: ({ spare }) => `${spare}/rig-hand` },
  { words: /(?<=run --config )\/tmp\/rig/g, on: "README.md", are: ({ spare }) => `${spare}/r3` },
  { words: /run --config config\.yaml/g, on: "docs/meet.md", are: ({ spare }) => `run --config ${spare}/r2/config.yaml` },
  { words: /--dir \/tmp\/rig/g, on: "docs/outlets.md", are: ({ spare }) => `--dir ${spare}/rig-contacts` },
  // An emergency stop would end all that is typed after it. Contact 2 is nobody's.
  { words: /open-contact:1/g, are: () => "open-contact:2" },
  { words: /\/tmp\/rig/g, are: ({ rig }) => rig },
  { words: /\/tmp\/help/g, are: ({ spare }) => `${spare}/help` },
  // Where a package puts it; these look there unless told otherwise.
  { words: /(?<=^curtailctl (?:discover .*--write.*|doctor.*|replace .*)$|^curtaild state export)$/, are: ({ spare }) => ` --config ${spare}/config.yaml` },
  { words: /(?<=^curtaild config diff)$/, are: ({ rig }) => ` ${rig}/config.yaml` },
  { words: /\/etc\/curtaild/g, are: ({ spare }) => spare },
  // Where unsigned words of the grid are taken, as at this rig, the rack's own are not signed either; test:peers types it with the card.
  { words: /(?<=allocate .*) --card card\.json/g, on: "docs/meet.md", are: () => "" },
  { words: /mqtts:\/\/broker\.example:8883/g, are: ({ broker }) => broker },
  { words: /(?<=discover )(?:10\.0\.0\.0\/22|NETWORK|HOST)/g, are: ({ newcomer }) => `127.0.0.1 --port ${newcomer.replace(/^.*:/, "")}` },
  { words: /(?<=replace ID )HOST\b/g, are: ({ successor }) => successor },
  { words: /\b(?:10\.0\.0\.21|HOST)\b/g, are: ({ miner }) => miner },
  { words: /\b10\.0\.0\.11\b/g, are: ({ pdu }) => pdu },
  { words: /\bPDU\/N\b/g, are: () => "pdu-1/5" },
  { words: /(?<=pdu )ID\b/g, are: () => "pdu-1" },
  // Machines of their own for what keeps one busy.
  { words: /(?<=restart )ID\b/g, are: () => "asic-06" },
  { words: /(?<=maintenance )ID\b/g, are: () => "asic-07" },
  { words: /\bID\b/g, on: "docs/runbook.md", are: () => "asic-05" },
  { words: /(?<= )ID\b/g, are: () => "asic-04" },
  { words: /(?<=explain )NAME\b/g, are: () => "device.lost" },
  { words: /\bLIMIT-ID\b/g, are: () => "peak" },
  { words: /\bCOPY\b/g, are: ({ spare }) => `${spare}/copy` },
  { words: /\b4711:9f86d0\.\.\./g, are: ({ head }) => head },
  { words: /\bFILE\b/g, on: "docs/runbook.md", are: ({ rig }) => `${rig}/config.yaml` },
  { words: /--rack NAME/g, are: () => "--rack r1" },
  { words: /\[--at TIME\]/g, are: () => "--at +2h" },
  { words: /\[DEVICE\]/g, are: () => "asic-01" },
];

/** They go on until somebody ends them: each has to say this, and to end so at Ctrl-C. */
export const LASTING: readonly { readonly typed: RegExp; readonly says: RegExp; readonly exit: number }[] = [
  { typed: /^curtaild sim --(?!at)/, says: /"ready":true/, exit: 0 },
  { typed: /^curtaild run\b/, says: /link\.|broker/, exit: 0 },
  { typed: /^curtailctl operator heartbeat\b/, says: /heartbeat \d+ names/, exit: 0 },
  { typed: /^curtailctl operator watch\b(?!.*--once)/, says: /site\/s1\/rack\/r1/, exit: 0 },
  // Ended before they are through: 75, and the rack is brought back. test/scenario and test/cli see them to their ends.
  { typed: /^curtailctl map\b(?! show| stop)/, says: /./, exit: 75 },
  { typed: /^curtailctl .*\b(?:drill|prove)\b(?! show| stop| verify)/, says: /step 1/, exit: 75 },
];

/** Pages that search or drill wait for each other, and so do those that speak for the operator. All others are typed beside them. */
export const LANES: readonly (readonly string[])[] = [["docs/outlets.md", "README.md"], ["docs/meet.md", "docs/operator.md", "docs/gla-1.md"], ["docs/runbook.md"]];

/** It ends with one of these, whatever the rack of the moment; all else ends with 0. */
export const EXITS: readonly { readonly typed: RegExp; readonly exits: readonly number[] }[] = [
  // 1: it found something, as it should on a machine that nobody set up for this.
  { typed: /^curtailctl doctor\b/, exits: [0, 1] },
];

/** Not typed here, why, and the file that does it, by what stands in it. */
export const ELSEWHERE: readonly { readonly typed: RegExp; readonly because: string; readonly file: string; readonly holds: RegExp }[] = [
  { typed: /^npm (?:ci|cit)$/, because: "it is what runs this", file: ".ci/run", holds: /^npm cit$/m },
  { typed: /^npm run build$/, because: "this was built by it", file: "package.json", holds: /"pretest": "npm run build"/ },
  { typed: /^npm run demo\b/, because: "a minute and a half with the machine to itself; the parts of its story are tests", file: "test/demo/story.test.ts", holds: /tellStory/ },
  { typed: /^npm run bench\b/, because: "ten minutes of both processors, by hand; that it measures right is tested", file: "scripts/bench/main.ts", holds: /parseArgs/ },
  { typed: /^(?:sudo )?apt(?:-get)? install\b/, because: "needs root", file: "test/systemd/story.sh", holds: /dpkg --install/ },
  { typed: /^(?:sudo )?systemctl\b/, because: "needs systemd", file: "test/systemd/story.sh", holds: /systemctl/ },
  { typed: /^(?:sudo )?curtaild init$/, because: "asks a person", file: "test/cli/init.test.ts", holds: /"init"/ },
  { typed: /^chown\b/, because: "needs root", file: "test/systemd/story.sh", holds: /useradd --groups curtaild/ },
];

/** Neither ours nor anything to prove: what a shell and a Debian have. Where one is missing, the step is left out and says so. */
export const ORDINARY: ReadonlySet<string> = new Set(["[", "sleep", "grep", "tail", "head", "chmod", "openssl"]);
/** Ours: typed at the rig. */
export const OURS: ReadonlySet<string> = new Set(["curtaild", "curtailctl", "ctl", "node", "mosquitto_pub"]);
