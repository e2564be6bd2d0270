//! How a value becomes the JSON of a column's type: the cast table. Knows no tables and no requests.
//!
//! | from \ to | bool | integer | real | string, dynamic | datetime | timespan | quantity |
//! |---|---|---|---|---|---|---|---|
//! | boolean | itself | – | – | `true`, `false` | – | – | – |
//! | number | – | when integral and in range | itself | its digits | – | – | itself |
//! | string | `true`, `false` | digits | digits | itself; quoted in dynamic | RFC 3339 | `1h30m` | `1.5`, `500m`, `1Gi` |
//!
//! – is null. A plugin's own value can also be a `bigint` of nanoseconds for a datetime or timespan, or a `Date`; a number in a
//! document is neither, as for every other source.

import { toJson } from './json.js';
import { floor, milliseconds, parseSpan, parseTime } from './temporal.js';

const TICKS = { second: 1_000_000_000n, millisecond: 1_000_000n, microsecond: 1_000n, nanosecond: 1n };
const DAY = 86_400n * TICKS.second;
const INTEGER = /^[+-]?\d{1,40}$/;
const REAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?$/;
const REALS = { nan: '"NaN"', inf: '"inf"', '+inf': '"inf"', infinity: '"inf"', '-inf': '"-inf"', '-infinity': '"-inf"' };
const QUANTITY = /^([+-]?)(\d*)\.?(\d*)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,9}))?$/;
const POWERS = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/**
 * A writer of one field's values as JSON. It gives undefined for what does not fit the type, and `null` for null.
 * @param {{dataType: {tag: string, val?: any}, children: any[]}} of
 * @param {boolean} own Whether the values are the plugin's own, and not parts of a document.
 * @returns {(value: any) => string|undefined}
 */
export function writer(of, own) {
  const write = ofType(of, own);
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

function ofType({ dataType: { tag, val }, children }, own) {
  const integers = /^(u?)int(\d+)$/.exec(tag);
  if (integers) return integer(integers[1] === '', BigInt(integers[2]));
  switch (tag) {
    case 'null': return () => undefined;
    case 'boolean': return boolean;
    case 'float32': case 'float64': return real;
    case 'utf8': return string;
    case 'binary': return binary;
    case 'json': return document;
    case 'date32': return (value) => ticks(time(value, own), DAY);
    case 'timestamp': return (value) => ticks(time(value, own), TICKS[val.unit]);
    case 'duration': return (value) => ticks(span(value, own), TICKS[val]);
    case 'time64': return (value) => (/^\d\d:\d\d:\d\d(\.\d{1,9})?$/.test(value) ? JSON.stringify(value) : undefined);
    case 'decimal128': return (value) => decimal(value, val.precision, val.scale);
    case 'array': return list(writer(children[0].of, own));
    case 'dictionary': return dictionary(writer(children[1].of, own));
    case 'object': return object(children.map((child) => [child.name, writer(child.of, own)]));
    default: throw new TypeError(`this SDK knows no type "${tag}"`);
  }
}

function boolean(value) {
  if (typeof value === 'boolean') return String(value);
  return value === 'true' || value === 'false' ? value : undefined;
}

function integer(signed, bits) {
  const [least, greatest] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  return (value) => {
    let found;
    if (typeof value === 'bigint') found = value;
    else if (typeof value === 'number') found = Number.isSafeInteger(value) ? BigInt(value) : undefined;
    else if (typeof value === 'string' && INTEGER.test(value)) found = BigInt(value.replace('+', ''));
    return found !== undefined && found >= least && found <= greatest ? String(found) : undefined;
  };
}

function real(value) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return REALS[value.toLowerCase()] ?? (REAL.test(value) ? real(Number(value)) : undefined);
  if (typeof value !== 'number') return undefined;
  // JSON has no NaN and no infinities; the host reads them as strings.
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"inf"' : '"-inf"';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

function string(value) {
  switch (typeof value) {
    // Half a surrogate pair is no text.
    case 'string': return value.isWellFormed() ? JSON.stringify(value) : undefined;
    case 'boolean': case 'number': case 'bigint': return `"${value}"`;
    case 'object': return value instanceof Date ? JSON.stringify(value.toISOString()) : JSON.stringify(toJson(value));
    default: return undefined;
  }
}

function document(value) {
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : toJson(value);
}

function binary(value) {
  if (value instanceof Uint8Array) return `"${value.toBase64()}"`;
  return typeof value === 'string' ? `"${new TextEncoder().encode(value).toBase64()}"` : undefined;
}

/** Nanoseconds since the epoch. */
function time(value, own) {
  if (typeof value === 'string') return parseTime(value.length === 10 ? `${value}T00:00:00Z` : value);
  if (!own) return undefined;
  return value instanceof Date ? milliseconds(value.getTime()) : typeof value === 'bigint' ? value : undefined;
}

function span(value, own) {
  if (typeof value === 'string') return parseSpan(value);
  return own && typeof value === 'bigint' ? value : undefined;
}

const ticks = (ns, tick) => (ns === undefined || BigInt.asIntN(64, ns) !== ns ? undefined : String(floor(ns, tick)));

/** A number or a Kubernetes quantity with `scale` digits behind the point, rounded half away from zero. */
function decimal(value, precision, scale) {
  const text = typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value) ? String(value) : '';
  const found = text.length <= 64 ? QUANTITY.exec(text) : null;
  if (found === null || found[2] + found[3] === '') return undefined;
  const [, sign, whole, fraction, suffix, exponent] = found;
  let digits = BigInt(whole + fraction);
  let shift = scale - fraction.length + (Object.hasOwn(POWERS, suffix ?? '') ? POWERS[suffix] : Number(exponent ?? 0));
  if (Object.hasOwn(BINARY, suffix ?? '')) digits <<= BINARY[suffix];
  if (digits === 0n) shift = 0;
  // Nothing beyond this many digits can be within the precision.
  if (shift > 80) return undefined;
  const divisor = shift < 0 ? 10n ** BigInt(Math.min(-shift, 200)) : 1n;
  const unscaled = shift < 0 ? digits / divisor + (2n * (digits % divisor) >= divisor ? 1n : 0n) : digits * 10n ** BigInt(shift);
  if (unscaled >= 10n ** BigInt(precision)) return undefined;
  const padded = String(unscaled).padStart(scale + 1, '0');
  const point = padded.length - Math.max(scale, 0);
  return `"${sign === '-' ? '-' : ''}${padded.slice(0, point)}${scale > 0 ? `.${padded.slice(point)}` : '0'.repeat(-scale)}"`;
}

/** A part that does not fit is null, as the whole would be. */
const part = (write, value) => write(value) ?? 'null';

function list(item) {
  return (value) => (Array.isArray(value) ? `[${value.map((it) => part(item, it)).join(',')}]` : undefined);
}

function isObject(value) {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array);
}

function dictionary(member) {
  return (value) => {
    if (!isObject(value)) return undefined;
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return `{${entries.map(([key, it]) => `${JSON.stringify(String(key).toWellFormed())}:${part(member, it)}`).join(',')}}`;
  };
}

function object(members) {
  return (value) => {
    if (!isObject(value)) return undefined;
    const of = (name) => (Object.hasOwn(value, name) ? value[name] : undefined);
    return `{${members.map(([name, write]) => `${JSON.stringify(name)}:${part(write, of(name))}`).join(',')}}`;
  };
}

/**
 * What a path selects in a value; undefined where there is nothing. `every` maps over a list.
 * @param {any} value
 * @param {{tag: 'key'|'index'|'every', val?: any}[]} path
 */
export function select(value, path, at = 0) {
  for (; at < path.length; at++) {
    if (value === null || value === undefined) return undefined;
    const { tag, val } = path[at];
    if (tag === 'every') {
      return Array.isArray(value) ? value.map((it) => select(it, path, at + 1) ?? null) : undefined;
    }
    if (tag === 'index') value = Array.isArray(value) ? value[val] : undefined;
    else if (value instanceof Map) value = value.get(val);
    else value = isObject(value) && Object.hasOwn(value, val) ? value[val] : undefined;
  }
  return value;
}
