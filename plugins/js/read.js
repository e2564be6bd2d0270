//! A remote's documents, read honestly: a member that is not as the plugin expects is the error `protocol`, which says where it is,
//! what was expected and what came. Knows no requests and no columns.

import { fail, quoted } from './error.js';
import { toJson } from './json.js';

/** What documents are, for messages: `the answer to GET /api/items`, and what was read from it by these functions. */
const places = new WeakMap();

/** Remembers what a document is. */
export function placed(document, place) {
  if (typeof document === 'object' && document !== null) places.set(document, place);
  return document;
}

/** The error for what is not as expected. */
export function unexpected(place, expected, found) {
  const got = found === undefined ? 'nothing' : quoted(toJson(found));
  return fail('protocol', `expected ${place} to be ${expected}, got ${got}`);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbsent = (value) => value === undefined || value === null;

/** What a path leads to, and its place. */
function found(document, path, optional) {
  let [value, place] = [document, places.get(document) ?? 'the document'];
  for (const name of Array.isArray(path) ? path : [path]) {
    if (optional && isAbsent(value) && value !== document) break;
    if (!isObject(value)) throw unexpected(place, 'an object', value);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
    place = `\`${name}\` of ${place}`;
  }
  return [value, place];
}

/**
 * Members of documents. A path is the name of a member, a list of names that lead to one, or `[]` for the document itself. Where
 * `optional` says so, a member may be absent or null.
 */
export const read = {
  /**
   * An object; an empty one where it is optional and absent.
   * @param {any} document @param {string|string[]} [path] @param {{optional?: boolean}} [options] @returns {Record<string, any>}
   */
  object(document, path = [], { optional = false } = {}) {
    const [value, place] = found(document, path, optional);
    if (optional && isAbsent(value)) return {};
    if (!isObject(value)) throw unexpected(place, 'an object', value);
    return placed(value, place);
  },

  /**
   * A list of objects; an empty one where it is optional and absent.
   * @param {any} document @param {string|string[]} [path] @param {{optional?: boolean}} [options] @returns {Record<string, any>[]}
   */
  objects(document, path = [], { optional = false } = {}) {
    const [value, place] = found(document, path, optional);
    if (optional && isAbsent(value)) return [];
    if (!Array.isArray(value)) throw unexpected(place, 'a list of objects', value);
    for (const [index, item] of value.entries()) {
      if (!isObject(item)) throw unexpected(`item ${index} of ${place}`, 'an object', item);
      placed(item, `item ${index} of ${place}`);
    }
    return value;
  },

  /**
   * A text, or a number as its digits; undefined where it is optional and absent.
   * @param {any} document @param {string|string[]} path @param {{optional?: boolean}} [options] @returns {string|undefined}
   */
  text(document, path, { optional = false } = {}) {
    const [value, place] = found(document, path, optional);
    if (optional && isAbsent(value)) return undefined;
    if (!['string', 'number', 'bigint'].includes(typeof value)) throw unexpected(place, 'a text', value);
    return String(value);
  },
};
