//! From a request to a plan and its token, and from a token to rows as JSON lines. Knows no remote API.

import { fail, quoted } from './error.js';
import { predicates, valueOf } from './filters.js';
import { parseJson, toJson } from './json.js';
import { unexpected } from './read.js';
import { treeOf } from './types.js';
import { select, writer } from './values.js';

/** Rows and characters after which a batch goes out: small enough for any instance, large enough that a push costs nothing. */
const BATCH_ROWS = 4_096;
const BATCH_CHARS = 1 << 20;
/** Columns whose misfits are told one by one. */
const MISFITS = 20;
/** What a token of another version of the plugin would be read as. */
const TOKEN = 1;

/** Answers a request: which filters and which limit are the remote's, and one partition. */
export function planned(table, request, config) {
  const args = argumentsOf(table, request.arguments);
  for (const { name } of request.projection) {
    if (!table.names.has(name)) {
      throw fail('not-found', `the table \`${table.of.name}\` has no column \`${name}\`; it has ${[...table.names.keys()].join(', ')}`);
    }
  }
  const ask = {};
  const filters = predicates(request).map((predicate) => pushed(table, predicate, ask, { config, args }));
  const exact = filters.every((it) => it === 'exact');
  const first = request.sort.length === 0 && request.aggregate === undefined && table.placement !== 'per-row';
  const limited = request.limit !== undefined && exact && first;
  const { clusters, others, unplaced } = request;
  const token = toJson({
    token: TOKEN,
    table: table.path,
    args: portable(args),
    ask: portable(ask),
    limit: limited ? String(request.limit) : null,
    now: String(request.nowNs),
    columns: request.projection.map(({ name, path, output }) => ({ name, path, output: output.map(bare) })),
    clusters,
    others,
    unplaced,
  });
  return {
    schema: { fields: request.projection.flatMap((column) => column.output) },
    filters,
    limit: limited ? 'exact' : 'not-pushed',
    sorted: false,
    aggregated: false,
    partitions: [token],
    estimatedRows: undefined,
    cost: undefined,
    explain: table.of.explain?.(ask, args) ?? `all rows of ${table.of.name || 'the table'}`,
  };
}

/** A field without the words that a token need not carry: its size is limited. */
const bare = ({ name, dataType, nullable, children }) => ({ name, dataType, nullable, children });

function pushed(table, predicate, ask, request) {
  if (predicate === undefined || table.of.push === undefined) return 'not-pushed';
  const said = table.of.push(predicate, ask, request);
  if (said === undefined || said === null) return 'not-pushed';
  if (said === 'exact' || said === 'inexact') return said;
  throw fail('internal', `push of the table \`${table.of.name}\` gave ${toJson(said)}; expected "exact", "inexact" or undefined`);
}

function argumentsOf(table, given) {
  return Object.fromEntries(given.map(({ name, value }) => {
    if (value.tag === 'scalar') return [name, valueOf(value.val)];
    const parts = value.val.map((part) => {
      if (part.tag === 'text') return part.val;
      const escape = table.escapes.get(name);
      if (escape !== undefined) return escape(valueOf(part.val));
      throw fail('unsupported', `the argument \`${name}\` of \`${table.of.name}\` takes no values of the query (\`@{…}\`)`, {
        hint: 'write the value into the text',
      });
    });
    return [name, parts.join('')];
  }));
}

/** JSON with its `bigint`s marked: JSON alone would give numbers back. */
function portable(value) {
  return JSON.parse(JSON.stringify(value, (_key, it) => (typeof it === 'bigint' ? { $bigint: String(it) } : it)));
}

function restored(_key, value) {
  return typeof value?.$bigint === 'string' ? BigInt(value.$bigint) : value;
}

/** Reads the partition of a token into the sink. */
export function scanned(find, token, sink, config) {
  const of = parseJson(token, 'the partition token');
  if (of?.token !== TOKEN) {
    throw fail('internal', 'expected a partition token of this plugin and version', { hint: 'run the query again' });
  }
  const table = find(of.table);
  const limit = of.limit === null ? undefined : Number(of.limit);
  const lines = new Lines(table, of.columns, sink);
  const wanted = new Set(of.columns.map((column) => column.name));
  const scan = {
    config,
    args: JSON.parse(JSON.stringify(of.args), restored),
    ask: JSON.parse(JSON.stringify(of.ask), restored),
    limit,
    now: BigInt(of.now),
    clusters: of.clusters,
    others: of.others,
    unplaced: of.unplaced,
    wants: (...names) => names.some((name) => wanted.has(name)),
    report: (kind, message, cluster) => sink.report(kind, cluster, String(message).toWellFormed()),
  };
  try {
    if (limit !== 0) {
      for (const row of table.of.rows(scan)) {
        lines.add(row);
        if (lines.stopped || lines.count === limit) break;
      }
    }
  } finally {
    // Rows that came before a failure are rows.
    lines.flush();
    lines.tell();
  }
}

/** Rows as JSON lines, in batches of bounded size. */
class Lines {
  constructor(table, columns, sink) {
    this.table = table;
    this.sink = sink;
    this.text = [];
    this.chars = 0;
    this.count = 0;
    this.stopped = false;
    this.columns = columns.map(({ name, path, output }) => {
      const { name: key, of } = treeOf(output);
      const own = path.length === 0;
      // A part of a document that does not fit is null and nothing to tell: the query chose the type.
      const column = table.names.get(name);
      const tell = own && !isDocument(column);
      const required = own && column.required;
      return { name, path, key: JSON.stringify(key), write: writer(of, own), tell, required, misfits: 0, first: '' };
    });
  }

  add(row) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw fail('internal', `the table \`${this.table.of.name}\` gave ${quoted(toJson(row))} as a row; expected its columns by name`);
    }
    if (this.count === 0) this.check(row);
    const members = this.columns.map((column) => {
      const value = column.path.length === 0 ? row[column.name] : select(row[column.name], column.path);
      let text = column.write(value);
      if (column.required && (text === undefined || text === 'null')) throw this.misfit(column, value);
      if (text === undefined) {
        text = 'null';
        if (column.tell && column.misfits++ === 0) column.first = quoted(toJson(value));
      }
      return `${column.key}:${text}`;
    });
    const line = `{${members.join(',')}}`;
    this.text.push(line);
    this.chars += line.length;
    this.count++;
    if (this.text.length >= BATCH_ROWS || this.chars >= BATCH_CHARS) this.flush();
  }

  /** Values come from answers: what a required column cannot take is the remote's. */
  misfit({ name }, value) {
    const type = this.table.names.get(name).written;
    return unexpected(`the required column \`${name}\` of the table \`${this.table.of.name}\``, `of type ${type}`, value ?? undefined);
  }

  /** A misspelt column would be null for ever. */
  check(row) {
    const odd = Object.keys(row).find((name) => !this.table.names.has(name));
    if (odd !== undefined) {
      throw fail('internal', `a row of the table \`${this.table.of.name}\` has the member \`${odd}\`, which is none of its columns`);
    }
  }

  flush() {
    if (this.text.length === 0) return;
    const text = `${this.text.join('\n')}\n`;
    this.text = [];
    this.chars = 0;
    if (this.sink.push({ tag: 'json-text', val: text }) === 'stop') this.stopped = true;
  }

  /** Says which values became null because they do not fit. */
  tell() {
    for (const { name, misfits, first } of this.columns.filter((column) => column.misfits > 0).slice(0, MISFITS)) {
      this.sink.report('partial', undefined,
        `values that do not fit the type of the column \`${name}\` are null: ${misfits}, the first of them ${first}`);
    }
  }
}

const isDocument = (column) => column?.type.dataType.tag === 'json';
