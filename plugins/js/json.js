//! JSON without losing digits: integers beyond 2^53 are read as `bigint` and written as digits. Knows no columns.

import { fail } from './error.js';

/** Runs of digits from here on may not fit a number of JavaScript exactly. */
const LONG_INTEGER = /\d{16}/;
/** Levels that a document may be nested, as the host's own reader has it: deeper ones would use up the stack. */
const LEVELS = 128;
/** Strings, and what is between them and brackets. */
const NO_BRACKETS = /"(?:[^"\\]|\\.)*"|[^[\]{}"]+/g;
/** An integer as JSON writes it. */
const INTEGER = /^-?\d+$/;

/**
 * Reads a JSON text. Integers are numbers where they are exact, else `bigint`.
 * @param {string} text
 * @param {string} [what] What it is, for the message when it is no JSON.
 * @returns {any}
 */
export function parseJson(text, what = 'the text') {
  if (levels(text) > LEVELS) throw fail('protocol', `expected ${what} to be JSON of at most ${LEVELS} levels, got more`);
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value, context) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(context.source)
        ? BigInt(context.source)
        : value);
  } catch (error) {
    throw fail('protocol', `expected ${what} to be JSON, got something else: ${error.message}`);
  }
}

/** How deep a text's brackets are nested. */
function levels(text) {
  const brackets = text.replace(NO_BRACKETS, '');
  let [deepest, level] = [0, 0];
  for (const bracket of brackets) {
    level += bracket === '[' || bracket === '{' ? 1 : -1;
    if (level > deepest) deepest = level;
  }
  return deepest;
}

/**
 * Writes a value as JSON; what JSON cannot say (NaN, infinities, functions) is null, as `JSON.stringify` has it.
 * @param {any} value
 * @returns {string}
 */
export function toJson(value) {
  return JSON.stringify(value, exact) ?? 'null';
}

function exact(_key, value) {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value));
  return value instanceof Map ? Object.fromEntries(value) : value;
}
