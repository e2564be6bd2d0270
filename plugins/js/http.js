//! Requests to the plugin's endpoints, JSON answers, pages, and the connection's cache. Knows no tables.

import * as host from 'trawl:source/http@0.1.0';
import * as state from 'trawl:source/state@0.1.0';

import { codeOfStatus, fail, quoted, wordsOf } from './error.js';
import { parseJson, toJson } from './json.js';
import { placed, unexpected } from './read.js';

/** The largest answer that is read, unless `maxBytes` says otherwise: a page of a paged API is far smaller. */
const ANSWER_BYTES = 16 << 20;
/** Of an answer that reports an error, no more is read. */
const ERROR_BYTES = 64 << 10;
/** Pages of one listing; a remote that never ends its pages is stopped here. */
const PAGES = 10_000;

/**
 * @typedef {object} Options
 * @property {Record<string, any>|[string, any][]} [query] Parameters; undefined and null are left out, a list gives one for each.
 * @property {Record<string, string>} [headers] Only those that the endpoint declares are sent.
 * @property {any} [json] The body of a POST, as JSON.
 * @property {number} [maxBytes] The largest answer that is taken; more is an error.
 * @property {number} [timeoutMs] The most it may take up to the head; the scan's deadline holds anyway.
 * @property {number[]} [accept] Statuses of errors that are answers here, such as 404.
 */

/** An answer, its body read. */
export class Answer {
  constructor(what, head, text) {
    this.what = what;
    /** The status. */
    this.status = head.status;
    /** Headers that the endpoint declares to be readable, and content-type and retry-after; names in lower case. */
    this.headers = Object.fromEntries(head.headers);
    /** The body. */
    this.text = text;
  }

  /** The body as JSON, whatever it is. @returns {any} */
  json() {
    const place = `the answer to ${this.what}`;
    return placed(parseJson(this.text, place), place);
  }

  /** The body as JSON: an object or a list. @returns {any} */
  document() {
    const document = this.json();
    if (typeof document === 'object' && document !== null) return document;
    throw unexpected(`the answer to ${this.what}`, 'an object or a list', document);
  }
}

/** Starts a request and returns at once; it runs while the plugin goes on. */
export function start(method, endpoint, path, options = {}) {
  const segments = Array.isArray(path) ? path.map(String) : path.split('/').slice(path.startsWith('/') ? 1 : 0);
  const what = `${method.toUpperCase()} /${segments.join('/')}`;
  const body = options.json === undefined ? undefined : new TextEncoder().encode(toJson(options.json));
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  if (body !== undefined) headers.push(['content-type', 'application/json']);
  const exchange = host.start(endpoint, {
    method, path: segments, query: parameters(options.query), headers, body, timeoutMs: options.timeoutMs,
  });
  return new Pending(what, exchange, options);
}

class Pending {
  constructor(what, exchange, options) {
    this.what = what;
    this.exchange = exchange;
    this.options = options;
  }

  /** Waits for the answer. @returns {Answer} */
  answer() {
    const { exchange, options } = this;
    try {
      const head = exchange.head();
      if (head.status >= 400 && !options.accept?.includes(head.status)) throw this.refusal(head);
      if (head.status < 200 || (head.status >= 300 && head.status < 400)) {
        throw fail('protocol', `${this.what} answered with the status ${head.status}; expected an answer`, { httpStatus: head.status });
      }
      return new Answer(this.what, head, exchange.readText(options.maxBytes ?? ANSWER_BYTES));
    } finally {
      this.cancel();
    }
  }

  refusal(head) {
    let words = '';
    try {
      words = wordsOf(new TextDecoder().decode(this.exchange.read(ERROR_BYTES) ?? new Uint8Array()));
    } catch {
      // The status says enough.
    }
    const after = Object.fromEntries(head.headers)['retry-after'];
    return fail(codeOfStatus(head.status), `${this.what} answered with the status ${head.status}${words === '' ? '' : `: ${words}`}`, {
      httpStatus: head.status,
      retryAfterMs: /^\d{1,9}$/.test(after ?? '') ? BigInt(after) * 1000n : undefined,
    });
  }

  /** Ends the request if it still runs. */
  cancel() {
    this.exchange?.[Symbol.dispose]();
    this.exchange = undefined;
  }
}

function parameters(query = {}) {
  const pairs = Array.isArray(query) ? query : Object.entries(query);
  return pairs.flatMap(([key, value]) => (Array.isArray(value) ? value : [value])
    .filter((it) => it !== undefined && it !== null)
    .map((it) => [String(key), String(it)]));
}

/** Requests. A path is a text such as `/api/v2/alerts`, or a list of segments when a value stands in it; the host encodes them. */
export const http = {
  /** GET and its answer. @param {string} endpoint @param {string|string[]} path @param {Options} [options] */
  get: (endpoint, path, options) => start('get', endpoint, path, options).answer(),
  /**
   * GET and the JSON of its answer, an object or a list; `get(…).json()` takes anything.
   * @param {string} endpoint @param {string|string[]} path @param {Options} [options]
   */
  json: (endpoint, path, options) => start('get', endpoint, path, options).answer().document(),
  /** POST, for APIs that read by it. @param {string} endpoint @param {string|string[]} path @param {Options} [options] */
  post: (endpoint, path, options) => start('post', endpoint, path, options).answer(),
  /** GET that is not waited for: `.answer()` does. @param {string} endpoint @param {string|string[]} path @param {Options} [options] */
  start: (endpoint, path, options) => start('get', endpoint, path, options),
  pages,
};

/**
 * Pages, one after the other. The next page is on its way while this one's rows are read, unless `ahead` is false: where the rows
 * of a limit may all be on this one.
 * @param {string} endpoint
 * @param {string|string[]} path
 * @param {Options & {next: (page: any, answer: Answer) => Record<string, any>|undefined, ahead?: boolean}} options `next` gives the parameters that
 *   differ for the next page (`{ cursor: read.text(page, 'next', { optional: true }) }`); where none of them has a value, this page is
 *   the last. A page is an object or a list before `next` sees it.
 * @returns {Generator<any>} The JSON of each page.
 */
export function* pages(endpoint, path, { next, ahead = true, ...options }) {
  const seen = new Set();
  let pending = start('get', endpoint, path, options);
  try {
    for (let count = 1; ; count++) {
      const answer = pending.answer();
      const page = answer.document();
      const more = next(page, answer) ?? {};
      if (isLast(more, pending.what)) {
        yield page;
        return;
      }
      const key = toJson(more);
      if (seen.has(key)) {
        throw fail('protocol', `${pending.what} gave the same next page twice (${quoted(key)}): its pages never end`);
      }
      if (count >= PAGES) throw fail('protocol', `${pending.what} has more than ${PAGES} pages`);
      seen.add(key);
      if (!ahead) yield page;
      pending = start('get', endpoint, path, { ...options, query: merged(options.query, more) });
      if (ahead) yield page;
    }
  } finally {
    pending.cancel();
  }
}

/** Whether the parameters of the next page have no value. A remote's object in the place of one is no parameter. */
function isLast(more, what) {
  const values = Object.values(more).flat().filter((it) => it !== undefined && it !== null && it !== '');
  if (values.some((it) => typeof it === 'object')) {
    throw fail('protocol', `expected the next page of ${what} to be told by texts or numbers, got ${quoted(toJson(more))}`);
  }
  return values.length === 0;
}

function merged(query = {}, more) {
  const kept = (Array.isArray(query) ? query : Object.entries(query)).filter(([key]) => !Object.hasOwn(more, key));
  return [...kept, ...Object.entries(more)];
}

/** The connection's cache: small JSON values that other scans of the connection find again. */
export const cache = {
  /** The value, or undefined. @param {string} key */
  get(key) {
    const found = state.get(key);
    return found === undefined ? undefined : JSON.parse(new TextDecoder().decode(found)).value;
  },
  /** Keeps a value. @param {string} key @param {any} value @param {number} ttlMs Milliseconds. */
  put(key, value, ttlMs) {
    state.put(key, new TextEncoder().encode(toJson({ value })), BigInt(ttlMs));
  },
  /** The value, made and kept when it is not there. @template T @param {string} key @param {number} ttlMs @param {() => T} make @returns {T} */
  of(key, ttlMs, make) {
    let value = cache.get(key);
    if (value === undefined) cache.put(key, value = make(), ttlMs);
    return value;
  },
};
