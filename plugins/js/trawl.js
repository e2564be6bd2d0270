//! The SDK of trawl's plugins in JavaScript: tables are declared, rows are yielded, and everything else of the contract is done
//! here. Knows no remote API.
//!
//! ```js
//! import { plugin, http } from './sdk/trawl.js';
//!
//! export const source = plugin({ name, version, endpoints, tables: [{ name, columns, *rows(scan) { yield { … } } }] });
//! ```

import * as clock from 'trawl:source/clock@0.1.0';
import * as logging from 'trawl:source/logging@0.1.0';

import * as declare from './declare.js';
import { fail, recordOf } from './error.js';
import { parseJson } from './json.js';
import { planned, scanned } from './scan.js';

export { Failure, fail } from './error.js';
export { cache, http } from './http.js';
export { parseJson, toJson } from './json.js';
export { read } from './read.js';
export { formatTime, milliseconds, parseSpan, parseTime, seconds } from './temporal.js';

/**
 * A column of a table.
 * @typedef {object} ColumnSpec
 * @property {string} name
 * @property {string} type As the query language writes it: bool, long, real, string, datetime, timespan, quantity, dynamic,
 *   list<T>, map<string, T>, struct<name: T, …>.
 * @property {string} [description] One sentence for the user.
 * @property {boolean} [required] Promises that every row has a value: one that has none, or none that fits, is the error `protocol`.
 * @property {string} [shape] What is known of a dynamic column's documents: `struct<phase: string>`. A struct lists every field.
 *
 * An argument of a table: `incidents(limit = 10)`.
 * @typedef {object} ArgumentSpec
 * @property {string} name
 * @property {string} type As of a column, without parts.
 * @property {string} [description]
 * @property {boolean} [required]
 * @property {boolean} [positional] Whether it may be given without its name.
 * @property {(value: any) => string} [escape] Writes a value that the query binds into embedded text (`@{x}`) in the remote's
 *   language. Without it such texts are refused.
 *
 * What a scan is asked for.
 * @typedef {object} Scan
 * @property {any} config The connection's configuration.
 * @property {Record<string, any>} args The arguments that were given.
 * @property {Record<string, any>} ask What `push` noted.
 * @property {number|undefined} limit Rows that are wanted, where the limit is this table's to keep; the SDK stops there by itself.
 * @property {bigint} now The query's now(): nanoseconds since the epoch.
 * @property {{name: string, key?: string}[]} clusters Whose rows are wanted.
 * @property {{name: string, key?: string}[]} others The other clusters that the connection serves.
 * @property {boolean} unplaced Whether rows that belong to no cluster are wanted.
 * @property {(...names: string[]) => boolean} wants Whether one of these columns goes out: the others need not be fetched.
 * @property {(kind: 'note'|'truncated'|'partial'|'inconsistent'|'absent', message: string, cluster?: string) => void} report
 *   Says what is missing; it turns up in the completeness of the answer.
 *
 * A table.
 * @typedef {object} TableSpec
 * @property {string} name Behind the plugin's name: `incidents`, `logs.stream`; '' is the plugin's default table.
 * @property {string} [description]
 * @property {string[]} [aliases]
 * @property {ColumnSpec[]} columns
 * @property {ArgumentSpec[]} [arguments]
 * @property {'cluster'|'per-row'|'connection'} [placement] Whose rows they are: the one cluster's, the one in the column `cluster`,
 *   or nobody's.
 * @property {string[]} [primaryKey]
 * @property {string[][]} [requiredFilters] A query must filter on one column of each inner list.
 * @property {string[]} [notes]
 * @property {(predicate: import('./filters.js').Predicate, ask: Record<string, any>, request: {config: any, args: any}) =>
 *   'exact'|'inexact'|undefined} [push] Takes one filter of the query over to the remote by noting it in `ask` (plain JSON).
 *   'exact': the rows are those and no others, also for null. 'inexact': more may come, never fewer. undefined: not at all.
 * @property {(ask: Record<string, any>, args: any) => string} [explain] One line: what is asked of the remote.
 * @property {(scan: Scan) => Iterable<Record<string, any>>} rows Gives the rows, one after the other, each an object by columns.
 */

/**
 * A plugin, to be exported as `source`.
 * @param {object} of
 * @param {string} of.name Lower-case letters, digits and hyphens.
 * @param {string} of.version As in SemVer.
 * @param {string} [of.description] One sentence for the operator: what it reads, from where.
 * @param {object} [of.config] JSON Schema of the connection's configuration: `{ properties: {…}, required: […] }`.
 * @param {string} [of.clusterKey] The key of the configuration that only tells the clusters of one connection apart.
 * @param {Record<string, string>} [of.metadata] Such as `homepage` and `license`.
 * @param {{name: string, kind?: 'http'|'kubernetes'|'aws', description?: string, operations: string[], requestHeaders?: string[],
 *   responseHeaders?: string[]}[]} of.endpoints What it calls, for the operator to approve: `GET /api/v1/things/{id}`.
 * @param {TableSpec[]} of.tables
 * @param {(config: any) => any} [of.configure] Checks the configuration, and gives what `scan.config` shall be.
 */
export function plugin(of) {
  const described = declare.description(of);
  const tables = of.tables.map(declare.table);

  const find = (path) => {
    const found = tables.find((table) => table.path.join('.') === path.join('.'));
    if (found !== undefined) return found;
    const known = tables.map((table) => table.of.name || '(the default table)').join(', ');
    throw fail('not-found', `${of.name} has no table \`${path.join('.')}\`; it has ${known}`);
  };

  class Session {
    constructor(config) {
      this.config = config;
    }

    tables(_cursor, prefix) {
      const wanted = tables.filter((table) => prefix === undefined || (table.path[0] ?? '').startsWith(prefix));
      return { tables: wanted.map((table) => table.info), nextCursor: undefined };
    }

    tableSchema(path, _args) {
      return guarded(() => find(path).detail);
    }

    plan(request) {
      return guarded(() => planned(find(request.table), request, this.config));
    }

    scan(token, sink) {
      try {
        return guarded(() => scanned(find, token, sink, this.config));
      } finally {
        sink[Symbol.dispose]();
      }
    }
  }

  const open = (text) => guarded(() => {
    const config = text.trim() === '' ? {} : parseJson(text, 'the configuration');
    return new Session(of.configure?.(config) ?? config);
  });
  return { describe: () => described, open, Session };
}

/** Turns whatever is thrown into the contract's error, since an exception would trap and lose its text. */
function guarded(run) {
  try {
    return run();
  } catch (error) {
    throw recordOf(error);
  }
}

const line = (level) => (message) => logging.log(level, String(message).toWellFormed());

/** Lines for the operator's log; what the user should know is `scan.report`. */
export const log = { trace: line('trace'), debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };

/** The time: nanoseconds since the epoch. What a query calls now() is `scan.now`. @returns {bigint} */
export const now = () => clock.nowUs() * 1000n;
