/** Which model file speaks for a machine that calls itself so. */
import { loadModel, modelIds } from "../models.ts";

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9+]/g, "");

/** null: none. "Antminer S19k Pro" is one by its whole name, "AT1500" by the end of it, "AvalonMiner 1346-110" by its number. */
export function modelOf(type: string | null): string | null {
  if (type === null || plain(type).length < 2) return null;
  const models = modelIds().map((id) => ({ id, name: plain(loadModel(id).name) }));
  const whole = models.find(({ name }) => name === plain(type));
  if (whole !== undefined) return whole.id;
  const number = /^(?:AvalonMiner )?(\d{3,4})(?:-.*)?$/i.exec(type)?.[1];
  const wanted = number === undefined ? plain(type) : `a${number}`;
  const ends = models.filter(({ name }) => name.endsWith(wanted) && !/[a-z0-9]/.test(wanted.length < 4 ? name.charAt(name.length - wanted.length - 1) : ""));
  return ends.length === 1 ? (ends[0]?.id ?? null) : null;
}
