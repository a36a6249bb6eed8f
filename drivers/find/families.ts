/** All families, and the questions that show them. */
import type { Family } from "./family.ts";
import { AXEOS_INFO, DEVICE_INFO, EPIC_CAPABILITIES, GET_VERSION, OWN_FAMILIES, VNISH_INFO } from "./own-families.ts";
import type { Question } from "./questions.ts";
import { VERSION, VERSION_FAMILIES } from "./version-families.ts";

/** General ones first: one of them is understood by most. */
export const QUESTIONS: readonly Question[] = [VERSION, EPIC_CAPABILITIES, GET_VERSION, VNISH_INFO, AXEOS_INFO, DEVICE_INFO];

export const FAMILIES: readonly Family[] = [...VERSION_FAMILIES, ...OWN_FAMILIES];
