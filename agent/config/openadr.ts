/** The key `openadr`: a VTN as a second grid beside the operator's documents, or as the only one. */
import * as z from "zod";

const unset = <T extends z.ZodType>(type: T) => type.nullable().default(null);
const name = (length: number) => z.string().min(1).max(length);

const urlRule = "https://HOST[:PORT][/PATH], without user, password, query or fragment; http:// only to this machine itself";
/** No credentials in it, and nothing in clear text that leaves this machine. */
const url = () =>
  z.string().max(1_000).regex(/^(https:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)|http:\/\/(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]))(:\d{1,5})?(\/[A-Za-z0-9._~/-]*)?$/, urlRule).refine((text) => URL.canParse(text), urlRule);

export const openadr = () =>
  z
    .strictObject({
      url: url().transform((text) => text.replace(/\/+$/, "")).meta({ description: "Base address of the VTN.", examples: ["https://vtn.example/openadr3/3.1.0"] }),
      clientId: name(256).meta({ description: "Our client id at the VTN.", examples: ["rack-7"] }),
      clientSecretFile: name(4_096).meta({ description: "File with the client secret, readable by the daemon only; a line feed at its end does not count.", examples: ["secrets/vtn"] }),
      tokenUrl: unset(url()).meta({ description: "Where tokens are given out; unset: where the VTN says, as long as that is its own host.", examples: ["https://login.example/oauth/token"] }),
      scope: unset(name(1_000)).meta({ description: "The scope asked for with a token; unset: none.", examples: ["read_targets write_reports"] }),
      caFile: unset(name(4_096)).meta({ description: "Certificates that may vouch for the VTN and its broker, PEM; unset: those the system trusts.", examples: ["tls/vtn-ca.pem"] }),
      venName: unset(name(128)).meta({ description: "The name of our ven object at the VTN; unset: SITE-RACK.", examples: ["s1-r1"] }),
      programs: z.array(name(128).meta({ description: "A program's name.", examples: ["capacity"] })).max(50).default([]).meta({ description: "Programs whose events are obeyed; empty: all that the VTN shows us.", examples: [["capacity"]] }),
      targets: z.array(name(128).meta({ description: "A target.", examples: ["feeder-12"] })).max(50).default([]).meta({ description: "Targets granted to us: events addressed to them are asked for, besides those for everybody.", examples: [["feeder-12"]] }),
      pollS: z.number().min(1).max(3_600).default(30).meta({ description: "How often the VTN is asked; a change it tells of over MQTT is asked for at once.", examples: [30] }),
      lostAfterS: z.number().min(2).max(86_400).default(120).meta({ description: "After this long without a whole answer the VTN is lost, and the failsafe limit holds.", examples: [120] }),
      contractW: unset(z.number().min(0).max(100_000_000)).meta({ description: "What the contract allows while the VTN is heard and states no subscription; unset: without one the failsafe limit holds, unless the operator allocates.", examples: [33_528] }),
      levels: unset(z.array(z.number().min(0).max(1).meta({ description: "A fraction.", examples: [0.5] })).length(4)).meta({ description: "What SIMPLE 0 to 3 mean, as fractions of what is subscribed (else contractW, else nominalW); unset: as the operator's allocation says, else the failsafe limit.", examples: [[1, 0.75, 0.5, 0]] }),
      notifications: z.boolean().default(true).meta({ description: "Whether to listen at the VTN's MQTT broker, where it has one.", examples: [true] }),
    })
    .nullable()
    .default(null)
    .meta({
      description: "An OpenADR 3.1 VTN whose events limit this rack; null: none. Beside an operator it only narrows.",
      examples: [{ url: "https://vtn.example/openadr3/3.1.0", clientId: "rack-7", clientSecretFile: "secrets/vtn", contractW: 33_528 }],
    });
