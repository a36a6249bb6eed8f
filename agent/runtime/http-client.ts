/** One question over HTTP and its answer: bytes and headers, no domain word. */
export interface HttpQuestion {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface HttpAnswer {
  /** A redirect is an answer like any other: nobody follows it. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpClient {
  /** Rejects when there is no whole answer of bounded size in time, or nobody vouches for who gave it. */
  ask(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}
