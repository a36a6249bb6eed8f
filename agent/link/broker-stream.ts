/** The byte stream to a broker: TCP or TLS, with packets clipped on the way in. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { frameClip } from "./frame-clip.ts";

export interface TlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export interface BrokerStreamOptions {
  readonly url: string;
  readonly tls: TlsMaterial | null;
  /** Most bytes of a packet after its fixed header that are let through. */
  readonly largestBody: number;
}

/** A function that opens a connection each time it is called; node:tls is loaded only where it is spoken. */
export async function brokerStreams({ url, tls, largestBody }: BrokerStreamOptions): Promise<() => Duplex> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol !== "mqtts:") return () => new ClippedStream(connectTcp({ host, port: Number(port || 1_883) }), largestBody);
  const { connect } = await import("node:tls");
  const material = { ...(tls?.ca && { ca: tls.ca }), ...(tls?.cert && { cert: tls.cert }), ...(tls?.key && { key: tls.key }) };
  return () => new ClippedStream(connect({ host, port: Number(port || 8_883), ...(isIP(host) === 0 && { servername: host }), ...material }), largestBody);
}

class ClippedStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket, largestBody: number) {
    super();
    this.#socket = socket;
    socket.setNoDelay(true);
    const clip = frameClip(largestBody);
    socket.on("data", (chunk: Buffer) => {
      try {
        let more = true;
        for (const part of clip(chunk)) more = this.push(part);
        if (!more) socket.pause();
      } catch (error) {
        this.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on("error", (error) => this.destroy(error));
    // A broker may refuse and close in one breath: what it said is read before the stream counts as closed.
    socket.on("end", () => this.push(null));
    socket.on("close", () => {
      this.push(null);
      if (this.readableEnded) this.destroy();
      else this.once("end", () => this.destroy());
    });
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
