/** One value in an answer. */
export type Value = string | number | boolean;
export type Item = Readonly<Record<string, Value>>;

/** What a firmware answers to one command. */
export interface Answer {
  readonly status: "S" | "I" | "W" | "E" | "F";
  readonly code: number;
  readonly message: string;
  readonly section?: { readonly name: string; readonly items: readonly Item[] };
  /** This command sets power: it counts as a write when acknowledged. */
  readonly write?: boolean;
  /** It is carried out, and the connection ends without a word. */
  readonly unsaid?: true;
  /** What happens once the answer is on its way (a reboot). */
  readonly after?: () => void;
}

/** The commands of one firmware, without sockets and without bytes. */
export interface Firmware {
  /** What stands as Description in each status. */
  readonly description: string;
  /** Commands that may be joined with `+`, and all there are. */
  readonly reports: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  /** False: it takes a joined name for one command it does not know. */
  readonly joins?: boolean;
  /** Seconds since 1970, for `When`. */
  seconds(): number;
  /** What it makes of its own JSON, where that is not quite JSON. */
  garble?(command: string, text: string): string;
  answer(command: string, parameter: string): Answer;
}

export const INVALID_COMMAND: Answer = { status: "E", code: 14, message: "Invalid command" };
const INVALID_JSON: Answer = { status: "E", code: 23, message: "Invalid JSON" };
const MISSING_COMMAND: Answer = { status: "E", code: 24, message: "Missing JSON 'command'" };
const ACCESS_DENIED: Answer = { status: "E", code: 45, message: "Access denied" };

interface Request {
  readonly json: boolean;
  readonly command: string;
  readonly parameter: string;
}

/** The bytes of the answer with their NUL, and the answers they were made of. `null`: the request was longer than one read. */
export function answerTo(request: string | null, firmware: Firmware): { bytes: Buffer; answers: readonly Answer[] } {
  const parsed = request === null ? INVALID_JSON : parse(request);
  if ("status" in parsed) return { bytes: bytesOf(render(parsed, firmware)), answers: [parsed] };
  const { json, command, parameter } = parsed;
  if (!command.includes("+") || firmware.joins === false) {
    const answer = firmware.answer(command, parameter);
    const text = json ? render(answer, firmware) : renderText(answer, firmware);
    return { bytes: bytesOf(json ? (firmware.garble?.(command, text) ?? text) : text), answers: [answer] };
  }
  const answers = new Map<string, Answer>();
  for (const name of command.split("+")) {
    // Joined commands take no parameters, and a repeated one is answered once.
    if (name !== "" && !answers.has(name)) answers.set(name, joined(name, firmware));
  }
  const parts = [...answers].map(([name, answer]) =>
    json ? `${JSON.stringify(name)}:[${render(answer, firmware)}]` : `CMD=${name}|${renderText(answer, firmware)}`,
  );
  return { bytes: bytesOf(json ? `{${parts.join(",")},"id":1}` : parts.join("")), answers: [...answers.values()] };
}

const bytesOf = (text: string): Buffer => Buffer.from(`${text}\0`, "utf8");

function joined(name: string, firmware: Firmware): Answer {
  if (firmware.reports.has(name)) return firmware.answer(name, "");
  return firmware.commands.has(name) ? ACCESS_DENIED : INVALID_COMMAND;
}

function parse(request: string): Request | Answer {
  if (!request.startsWith("{")) {
    const bar = request.indexOf("|");
    return bar < 0
      ? { json: false, command: request, parameter: "" }
      : { json: false, command: request.slice(0, bar), parameter: request.slice(bar + 1) };
  }
  let body: unknown;
  try {
    body = JSON.parse(request);
  } catch {
    return INVALID_JSON;
  }
  if (typeof body !== "object" || body === null || !("command" in body) || typeof body.command !== "string") return MISSING_COMMAND;
  const parameter = "parameter" in body ? body.parameter : "";
  const text = typeof parameter === "string" || typeof parameter === "number" ? String(parameter) : "";
  return { json: true, command: body.command, parameter: text };
}

function render(answer: Answer, firmware: Firmware): string {
  const status = {
    STATUS: answer.status,
    When: firmware.seconds(),
    Code: answer.code,
    Msg: answer.message,
    Description: firmware.description,
  };
  const section = answer.section === undefined ? {} : { [answer.section.name]: answer.section.items };
  return JSON.stringify({ STATUS: [status], ...section, id: 1 });
}

function renderText(answer: Answer, firmware: Firmware): string {
  const status = `STATUS=${answer.status},When=${firmware.seconds()},Code=${answer.code},Msg=${answer.message},Description=${firmware.description}|`;
  if (answer.section === undefined) return status;
  const { name, items } = answer.section;
  // A list begins each entry with its number (ASC=0,...), a single section with its name (SUMMARY,...).
  const lines = items.map((item) => {
    const pairs = Object.entries(item).map(([key, value]) => `${key}=${String(value)}`);
    const numbered = name.startsWith(Object.keys(item)[0] ?? "-") || name === "DEVS";
    return `${numbered ? "" : `${name},`}${pairs.join(",")}|`;
  });
  return status + lines.join("");
}
