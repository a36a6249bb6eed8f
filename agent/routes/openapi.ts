/** The description of the control sockets (OpenAPI 3.1), made from the routes and the zod types of what they take. */
import * as z from "zod";
import { proofHeader } from "../link/control-proof.ts";
import type { ControlRoute } from "../link/control.ts";

const about = `HTTP over unix sockets in the run directory: look.sock answers GET only, act.sock everything. Who changes something proves its uid
first: POST /proof answers {word, file}; the caller creates the file with the word in it, and sends the word as ${proofHeader} within ten seconds.`;

const failure = { description: "Why not, and what to do.", content: { "application/json": { schema: { $ref: "#/components/schemas/Failure" } } } };

/** `answers`: schemas of what is answered, by "GET /status", where there is one. */
export function openapi(routes: readonly ControlRoute[], software: string, answers: ReadonlyMap<string, z.ZodType> = new Map()): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, answers.get(`${route.method} ${route.path}`)) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "curtaild control sockets", version: software.replace(/^.*\//, ""), description: about, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "http://curtaild", description: "the unix sockets look.sock and act.sock" }],
    paths,
    components: { schemas: { Failure: { type: "object", properties: { error: { type: "string" }, cure: { type: "string" } }, required: ["error", "cure"] } } },
  };
}

function operation({ method, path, socket, does, asks, takes, follow }: ControlRoute, gives: z.ZodType | undefined): object {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(asks?.shape ?? {}).map(([name, type]) => ({ name, in: "query", required: false, ...described(type as z.ZodType) })),
    ...(socket === "act" ? [{ name: proofHeader, in: "header", required: true, schema: { type: "string" } }] : []),
  ];
  const schema = gives === undefined ? {} : schemaOf(gives, "output");
  return {
    summary: does ?? "",
    operationId: `${method.toLowerCase()}${path.replaceAll(/[/:-]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, "")}`,
    tags: [socket],
    ...(parameters.length > 0 && { parameters }),
    ...(takes !== undefined && { requestBody: { required: true, content: { "application/json": { schema: schemaOf(takes, "input") } } } }),
    responses: { "200": { description: "Done.", content: { "application/json": { schema }, ...(follow !== undefined && { "text/event-stream": {} }) } }, default: failure },
  };
}

function described(type: z.ZodType): { readonly description: string; readonly schema: object } {
  const { description, ...schema } = schemaOf(type, "input") as { readonly description?: string };
  return { description: description ?? "", schema };
}

function schemaOf(type: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any" });
  return schema;
}
