//! The contract's error, and what an HTTP status means. Knows no requests.

/** Bytes of a remote's words that a message quotes: an HTML page of an error helps nobody. */
const QUOTED = 300;

const CODES = new Set(['invalid-config', 'unauthenticated', 'permission-denied', 'not-found', 'invalid-query', 'unsupported',
  'rate-limited', 'unavailable', 'timeout', 'cancelled', 'protocol', 'expired', 'internal']);

/** A failure, as the user will read it. Throw one with {@link fail}. */
export class Failure extends Error {
  /** @param {string} code @param {string} message @param {object} [more] */
  constructor(code, message, more = {}) {
    super(message);
    this.code = code;
    this.hint = more.hint;
    this.httpStatus = more.httpStatus;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/**
 * Makes a failure: `throw fail('not-found', 'expected …, got …', { hint: '…' })`.
 * @param {'invalid-config'|'unauthenticated'|'permission-denied'|'not-found'|'invalid-query'|'unsupported'|'rate-limited'
 *   |'unavailable'|'timeout'|'cancelled'|'protocol'|'expired'|'internal'} code What kind of failure it is.
 * @param {string} message What was expected and what came, in one sentence, without credentials.
 * @param {{hint?: string, httpStatus?: number, retryAfterMs?: bigint}} [more]
 * @returns {Failure}
 */
export function fail(code, message, more) {
  return new Failure(CODES.has(code) ? code : 'internal', message, more);
}

/**
 * The kind of failure that an HTTP status means when the API says nothing closer.
 * @param {number} status
 */
export function codeOfStatus(status) {
  switch (status) {
    case 400: case 422: return 'invalid-query';
    case 401: return 'unauthenticated';
    case 403: return 'permission-denied';
    case 404: return 'not-found';
    case 408: case 504: return 'timeout';
    case 410: return 'expired';
    case 429: return 'rate-limited';
    default: return status >= 500 && status < 600 ? 'unavailable' : 'protocol';
  }
}

/**
 * What a remote said, in a length that a message can carry and without control characters.
 * @param {string} text
 */
export function quoted(text) {
  const line = text.replace(/[\x00-\x20\x7f\s]+/g, ' ').trim();
  return line.length > QUOTED ? `${line.slice(0, QUOTED).toWellFormed()}…` : line;
}

/**
 * The words for people in an answer that reports an error: the usual members of a JSON body, else the body itself.
 * @param {string} body
 */
export function wordsOf(body) {
  let words = body;
  try {
    const found = JSON.parse(body);
    const of = (it) => (typeof it === 'string' ? it : undefined);
    words = of(found) ?? of(found?.message) ?? of(found?.error) ?? of(found?.error?.message)
      ?? of(found?.errors?.[0]?.message) ?? of(found?.detail) ?? body;
  } catch {
    // No JSON: the text as it is.
  }
  return quoted(words);
}

/** The record of the contract for whatever was thrown; an exception that reached the host would trap and lose its text. */
export function recordOf(thrown) {
  if (thrown instanceof Failure) {
    const { code, message, hint, httpStatus, retryAfterMs } = thrown;
    return { code, message: message.toWellFormed(), hint: hint?.toWellFormed(), httpStatus, retryAfterMs };
  }
  // What an import of the contract threw: its payload is the host's own error.
  const payload = thrown?.payload;
  if (payload && CODES.has(payload.code)) return payload;
  const text = thrown instanceof Error
    ? `${thrown.name}: ${thrown.message}${place(thrown)}`
    : `it threw ${String(thrown)}`;
  return { code: 'internal', message: `the plugin failed: ${quoted(text)}`, hint: undefined, httpStatus: undefined, retryAfterMs: undefined };
}

/** The first place of a stack: a file and a line. */
function place(error) {
  const line = String(error.stack ?? '').split('\n', 1)[0];
  return line === '' ? '' : ` (${line})`;
}
