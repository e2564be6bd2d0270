//! Times and spans as nanoseconds in a `bigint`, which a number of JavaScript cannot hold. Knows no columns.

const SECOND = 1_000_000_000n;
const LEAST = -(1n << 63n);
const GREATEST = (1n << 63n) - 1n;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const SPAN = /^(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/;
const UNITS = { ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n, s: SECOND, m: 60n * SECOND, h: 3_600n * SECOND,
  d: 86_400n * SECOND, w: 604_800n * SECOND };

/** Nanoseconds of a number of seconds, such as a Unix time. @param {number|bigint} n */
export const seconds = (n) => scaled(n, SECOND);
/** Nanoseconds of a number of milliseconds. @param {number|bigint} n */
export const milliseconds = (n) => scaled(n, 1_000_000n);

function scaled(n, by) {
  if (typeof n === 'bigint') return n * by;
  if (typeof n !== 'number' || !Number.isFinite(n)) return undefined;
  // The fraction apart: the product of a Unix time in nanoseconds has more digits than a number holds.
  const whole = Math.floor(n);
  return BigInt(whole) * by + BigInt(Math.round((n - whole) * Number(by)));
}

/** What 64 bits hold (the years 1677 to 2262), so that a certificate that expires in 9999 does not vanish. */
const saturated = (ns) => (ns < LEAST ? LEAST : ns > GREATEST ? GREATEST : ns);

/**
 * Nanoseconds since the epoch of an RFC 3339 text; undefined when it is none.
 * @param {string} text
 * @returns {bigint|undefined}
 */
export function parseTime(text) {
  const found = text.length <= 64 ? RFC3339.exec(text) : null;
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  const [away, awayMinutes] = [Number(found[9] ?? 0), Number(found[10] ?? 0)];
  if (!real || away > 23 || awayMinutes > 59) return undefined;
  const offset = (away * 60 + awayMinutes) * (found[8] === '-' ? -1 : 1);
  const at = date.getTime() / 1000 + hour * 3600 + (minute - offset) * 60 + second;
  return saturated(BigInt(at) * SECOND + BigInt((found[7] ?? '').slice(0, 9).padEnd(9, '0')));
}

/**
 * Nanoseconds of a span such as `1h30m`, `250ms` or `-1.5s`; undefined when it is none.
 * @param {string} text
 * @returns {bigint|undefined}
 */
export function parseSpan(text) {
  const negative = text.startsWith('-');
  let rest = negative ? text.slice(1) : text;
  if (rest === '' || rest.length > 64) return undefined;
  let total = 0n;
  while (rest !== '') {
    const found = SPAN.exec(rest);
    if (found === null) return undefined;
    const [whole, fraction = ''] = found[1].split('.');
    total += (BigInt(whole + fraction.slice(0, 9).padEnd(9, '0')) * UNITS[found[2]]) / SECOND;
    rest = rest.slice(found[0].length);
  }
  return total > GREATEST ? undefined : negative ? -total : total;
}

/** The RFC 3339 text of a time in whole seconds, for remotes that want one. @param {bigint} ns */
export const formatTime = (ns) => new Date(Number(floor(ns, SECOND)) * 1000).toISOString().replace('.000Z', 'Z');

/** `a / b` rounded down. */
export const floor = (a, b) => a / b - (a % b < 0n ? 1n : 0n);
