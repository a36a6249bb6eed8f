/** Every file below docs that is made from the code, with its contents. */
import { configSchemaFile } from "../../agent/config/json-schema.ts";
import { alertCasesFile, alertsFile } from "./alerts.ts";
import { asyncapiFiles } from "./asyncapi.ts";
import { dashboardFile } from "./dashboard.ts";
import { openapiFile } from "./openapi.ts";
import { runbookFile } from "./runbook.ts";
import { schemaFiles } from "./schemas.ts";
import { stories } from "./stories.ts";
import { telemetryFile } from "./telemetry.ts";

export function generated(): ReadonlyMap<string, string> {
  return new Map([
    ["config.schema.json", configSchemaFile()],
    ...asyncapiFiles(),
    ["telemetry.md", telemetryFile()],
    ["prometheus/alerts.yml", alertsFile()],
    ["prometheus/alerts.test.yml", alertCasesFile()],
    ["prometheus/dashboard.json", dashboardFile()],
    ["openapi.json", openapiFile()],
    ["runbook.md", runbookFile()],
    ...schemaFiles(),
    ...stories.map((story): [string, string] => [`conformance/${story.name}.json`, `${JSON.stringify(story, null, 1)}\n`]),
  ]);
}
