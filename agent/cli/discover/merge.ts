/** What was found, against the miners a configuration names: nothing that is there is changed unless somebody asks for it. */
import { isMap, isSeq, type Document, type YAMLMap } from "yaml";
import type { Finding } from "../../../drivers/find/identify.ts";
import { formatAddress, parseAddress } from "../../config/address.ts";
import { exit, Failure } from "../exit.ts";

/** An entry of `miners`, as far as it is asked for here. */
export interface Entry {
  readonly id: string;
  readonly driver: string;
  readonly address: string;
  readonly model: string;
}

export interface Difference {
  readonly id: string;
  readonly was: Entry;
  readonly now: Omit<Entry, "id">;
}

export interface Merge {
  /** Ready to be added. */
  readonly added: readonly Entry[];
  /** Names of entries that say what was found. */
  readonly known: readonly string[];
  /** Entries that say something else of the machine at their address. */
  readonly differs: readonly Difference[];
  /** Machines that do not name a model there is a file for. */
  readonly needsModel: readonly Finding[];
}

/** `prefix`: of new names, which go on counting where the entries stop. `model`: for machines that do not name theirs. */
export function mergeOf(findings: readonly Finding[], entries: readonly Entry[], { prefix, model: usual }: { readonly prefix: string; readonly model: string | null }): Merge {
  const byAddress = new Map(entries.map((entry) => [entry.address, entry]));
  const byHost = onlyOnes(entries);
  const nextId = names(entries, { prefix, more: findings.length });
  const merge = { added: [] as Entry[], known: [] as string[], differs: [] as Difference[], needsModel: [] as Finding[] };
  const several = repeated(findings.map(({ address }) => address.host));
  for (const finding of findings) {
    const address = formatAddress(finding.address);
    // Another firmware may listen at another port of the same machine; several machines behind one host are told apart by theirs.
    const entry = byAddress.get(address) ?? (several.has(finding.address.host) ? undefined : byHost.get(finding.address.host));
    const model = finding.model ?? entry?.model ?? usual;
    if (model === null) merge.needsModel.push(finding);
    else if (entry === undefined) merge.added.push({ id: nextId(), driver: finding.driver, address, model });
    else if (entry.driver === finding.driver && entry.model === model && entry.address === address) merge.known.push(entry.id);
    else merge.differs.push({ id: entry.id, was: entry, now: { driver: finding.driver, address, model } });
  }
  return merge;
}

/** Entries that are the only ones of their host, by host. */
function onlyOnes(entries: readonly Entry[]): Map<string, Entry> {
  const hosts = entries.map(({ address }) => parseAddress(address)?.host ?? address);
  const several = repeated(hosts);
  return new Map(entries.flatMap((entry, index) => (several.has(hosts[index] ?? "") ? [] : [[hosts[index] ?? "", entry] as const])));
}

const repeated = (words: readonly string[]): Set<string> => new Set(words.filter((word, index) => words.indexOf(word) !== index));

function names(entries: readonly Entry[], { prefix, more }: { readonly prefix: string; readonly more: number }): () => string {
  const numbers = entries.map(({ id }) => (id.startsWith(prefix) ? id.slice(prefix.length) : "")).filter((rest) => /^\d+$/.test(rest));
  let last = Math.max(0, ...numbers.map(Number));
  const digits = Math.max(2, String(last + more).length, ...numbers.map((number) => number.length));
  return () => `${prefix}${String(++last).padStart(digits, "0")}`;
}

/** The miners of a file; comments and what else stands there stay with the document. */
export function entriesOf(document: Document): Entry[] {
  return itemsOf(document).map((item) => ({ id: word(item, "id"), driver: word(item, "driver"), address: word(item, "address"), model: word(item, "model") }));
}

/** Adds what is new; changes what differs only where `update` says so. */
export function writeInto(document: Document, { added, differs }: Merge, update: boolean): void {
  if (!isSeq(document.get("miners"))) document.set("miners", document.createNode([]));
  for (const entry of added) document.addIn(["miners"], document.createNode(entry, { flow: true }));
  for (const { id, was, now } of update ? differs : []) {
    const item = itemsOf(document).find((candidate) => word(candidate, "id") === id);
    for (const [key, value] of Object.entries(now)) item?.set(key, value);
    // Its old web port belongs to the old firmware.
    if (was.driver !== now.driver) item?.delete("webPort");
  }
}

function itemsOf(document: Document): YAMLMap[] {
  const miners = document.get("miners");
  if (miners === undefined || miners === null) return [];
  if (!isSeq(miners)) throw new Failure(exit.config, "miners is no list in this file: curtaild check says more");
  return miners.items.filter((item): item is YAMLMap => isMap(item));
}

function word(item: YAMLMap, key: string): string {
  const value = item.get(key);
  return typeof value === "string" ? value : "";
}
