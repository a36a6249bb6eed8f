/**
 * Cuts MQTT packets that are larger than a limit while they stream in, so that nobody can make us hold megabytes.
 * The head of a cut PUBLISH (topic, packet id) stays whole: it is acknowledged as usual and refused for its size above.
 */
type State = { kind: "type" } | { kind: "length"; type: number; value: number; shift: number } | { kind: "body"; pass: number; drop: number };

/** Returns a function from received chunks to what may be parsed. Throws on a length that is no MQTT. */
export function frameClip(limit: number): (chunk: Buffer) => Buffer[] {
  let state: State = { kind: "type" };
  return (chunk) => {
    const out: Buffer[] = [];
    let at = 0;
    let passed = 0;
    /** What is untouched goes through in one piece. */
    const flush = (end: number): void => {
      if (end > passed) out.push(chunk.subarray(passed, end));
    };
    while (at < chunk.length) {
      if (state.kind === "body") {
        const pass = Math.min(state.pass, chunk.length - at);
        const drop = pass < state.pass ? 0 : Math.min(state.drop, chunk.length - at - pass);
        at += pass;
        if (drop > 0) {
          flush(at);
          at += drop;
          passed = at;
        }
        state = state.pass === pass && state.drop === drop ? { kind: "type" } : { kind: "body", pass: state.pass - pass, drop: state.drop - drop };
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (state.kind === "type") {
        flush(at - 1);
        passed = at;
        state = { kind: "length", type: byte, value: 0, shift: 0 };
        continue;
      }
      const value: number = state.value + (byte & 127) * 2 ** state.shift;
      if (byte < 128) {
        const pass = Math.min(value, limit);
        out.push(Buffer.from([state.type, ...variableLength(pass)]));
        state = value === 0 ? { kind: "type" } : { kind: "body", pass, drop: value - pass };
      } else if (state.shift === 21) {
        throw new Error("the broker sent a packet length that is no MQTT");
      } else {
        state = { kind: "length", type: state.type, value, shift: state.shift + 7 };
      }
      passed = at;
    }
    flush(at);
    return out;
  };
}

function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return bytes;
}
