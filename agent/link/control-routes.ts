import type { ControlRoute } from "./control.ts";
import { ControlError } from "./control-http.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly socket: "look" | "act";
}

/** The route and what its `:names` stand for. Throws a ControlError that says what there is instead. */
export function findRoute(routes: readonly ControlRoute[], asked: Asked): { route: ControlRoute; params: Record<string, string> } {
  const atPath = routes.flatMap((route) => {
    const params = match(route.path, asked.path);
    return params === null ? [] : [{ route, params }];
  });
  const found = atPath.find(({ route }) => route.method === asked.method);
  if (found === undefined && atPath.length > 0) throw new ControlError(405, `${asked.path} does not take ${asked.method}`, `It takes ${atPath.map(({ route }) => route.method).join(", ")}.`);
  if (found === undefined) throw new ControlError(404, `there is no ${asked.path}`, `There are ${[...new Set(routes.map(({ path }) => path))].join(", ")}.`);
  if (found.route.socket === "act" && asked.socket === "look") throw new ControlError(403, `${asked.method} ${asked.path} changes the rack`, "Ask on act.sock.");
  return found;
}

function match(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? "";
    if (part.startsWith(":")) {
      const value = decoded(text);
      if (value === null || value === "") return null;
      params[part.slice(1)] = value;
    } else if (part !== text) {
      return null;
    }
  }
  return params;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
