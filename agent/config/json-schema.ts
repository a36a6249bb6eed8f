import * as z from "zod";
import { configSchema } from "./schema.ts";

/** The part of JSON Schema our own schema produces. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** JSON Schema (2020-12) of the configuration file, as an editor wants it. */
export const configJsonSchema = (): JsonSchema =>
  z.toJSONSchema(configSchema, {
    io: "input",
    // zod leaves out the examples of whatever is parsed into something else; ours show what is written.
    override({ zodSchema, jsonSchema }) {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  }) as JsonSchema;

/** The file docs/config.schema.json as it has to be. */
export const configSchemaFile = (): string => `${JSON.stringify(configJsonSchema(), null, 2)}\n`;

/** The schema at a path of the document, null where the document has left it. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | null {
  let here: JsonSchema | undefined = schema;
  for (const step of path) {
    const whole: JsonSchema | undefined = here && solid(here);
    here = typeof step === "number" ? whole?.items : whole?.properties?.[String(step)];
  }
  return here ?? null;
}

/** Without the "or null" around it; a description outside stays. */
export function solid(schema: JsonSchema): JsonSchema {
  const inner = schema.anyOf?.find((choice) => choice.type !== "null");
  return inner === undefined ? schema : { ...schema, ...inner, ...(schema.description !== undefined && { description: schema.description }) };
}

/** What may stand there, in words. */
export function allowed(schema: JsonSchema): string {
  const inner = solid(schema);
  const orNull = schema.anyOf?.some((choice) => choice.type === "null") === true ? " or null" : "";
  return allowedSolid(inner) + orNull;
}

function allowedSolid(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  if (schema.type === "object") return `a mapping with the keys ${Object.keys(schema.properties ?? {}).join(", ")}`;
  if (schema.type === "array") return `a list of ${schema.minItems ?? 0} to ${schema.maxItems ?? "any number of"} entries`;
  if (schema.type === "string") return "a text";
  const kind = schema.type === "integer" ? "a whole number" : "a number";
  const low = schema.exclusiveMinimum === undefined ? `from ${schema.minimum ?? "any"}` : `above ${schema.exclusiveMinimum} and up`;
  return `${kind} ${low} to ${schema.maximum ?? "any"}`;
}
