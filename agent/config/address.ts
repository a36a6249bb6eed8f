/** Addresses as people write them and as sockets want them. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One outlet of one meter: "pdu-1/3". Outlets count from 1. */
export interface OutletName {
  readonly meter: string;
  readonly outlet: number;
}

/** "10.0.0.21:4028", "asic-7.farm:4028", "[fd00::21]:4028"; null when it is none of these. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})?)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : null;
}

export const formatAddress = ({ host, port }: Address): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** "pdu-1/3"; null when it is not METER/NUMBER with a number from 1. */
export function parseOutlet(text: string): OutletName | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9_.-]*)\/([1-9]\d{0,3})$/.exec(text);
  const meter = match?.[1];
  return meter === undefined ? null : { meter, outlet: Number(match?.[2]) };
}

export const formatOutlet = ({ meter, outlet }: OutletName): string => `${meter}/${outlet}`;
