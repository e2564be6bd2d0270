//! What an author declares, checked when the plugin is built: names, types, operations. Knows no requests.

import { fieldsOf, parseType } from './types.js';

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const COLUMN = /^[^\x00-\x1f\x7f`]{1,128}$/;
const OPERATION = /^(GET|HEAD|POST) (\/\S*)(?: (\S+))?$/;
const PLACEMENTS = ['cluster', 'per-row', 'connection'];

/** A mistake in a declaration: it ends the build. */
const mistake = (where, expected, found) => new TypeError(`${where}: expected ${expected}, got ${JSON.stringify(found)}`);

/** Refuses members nobody reads: a misspelt one would be forgotten in silence. */
function only(where, found, known) {
  if (typeof found !== 'object' || found === null) throw mistake(where, 'an object', found);
  const odd = Object.keys(found).find((key) => !known.includes(key));
  if (odd !== undefined) throw mistake(where, `members among ${known.join(', ')}`, odd);
}

function list(where, found) {
  if (!Array.isArray(found)) throw mistake(where, 'a list', found);
  return found;
}

/** The contract's description of a plugin. */
export function description(of) {
  only('the plugin', of, ['name', 'version', 'description', 'config', 'clusterKey', 'metadata', 'endpoints', 'tables', 'configure']);
  if (!NAME.test(of.name)) throw mistake('name', 'lower-case letters, digits and hyphens', of.name);
  if (!/^[0-9A-Za-z.+-]{1,64}$/.test(of.version)) throw mistake('version', 'a version like 1.2.3', of.version);
  return {
    name: of.name,
    version: of.version,
    description: of.description,
    configSchema: JSON.stringify({ type: 'object', additionalProperties: false, ...of.config }),
    clusterKey: of.clusterKey,
    endpoints: list('endpoints', of.endpoints).map(endpoint),
    metadata: Object.entries(of.metadata ?? {}),
  };
}

function endpoint(of) {
  only('an endpoint', of, ['name', 'kind', 'description', 'operations', 'requestHeaders', 'responseHeaders']);
  if (!NAME.test(of.name)) throw mistake('the name of an endpoint', 'lower-case letters, digits and hyphens', of.name);
  const where = `endpoint ${of.name}`;
  return {
    name: of.name,
    kind: of.kind ?? 'http',
    description: of.description,
    operations: list(`${where}: operations`, of.operations).map((text) => operation(where, text)),
    requestHeaders: (of.requestHeaders ?? []).map((name) => name.toLowerCase()),
    responseHeaders: (of.responseHeaders ?? []).map((name) => name.toLowerCase()),
  };
}

function operation(where, text) {
  const found = OPERATION.exec(text);
  if (found === null) throw mistake(where, 'operations like "GET /api/v1/things/{id}"', text);
  return { method: found[1].toLowerCase(), path: found[2], action: found[3] };
}

/** The contract's facts of a table, and what the SDK keeps of it. */
export function table(of) {
  const where = `table ${JSON.stringify(of?.name)}`;
  only(where, of, ['name', 'description', 'aliases', 'columns', 'arguments', 'placement', 'primaryKey', 'requiredFilters', 'notes',
    'push', 'explain', 'rows']);
  if (typeof of.name !== 'string') throw mistake('a table', 'a name such as "incidents" or "logs.stream"', of.name);
  if (typeof of.rows !== 'function') throw mistake(where, 'rows to be a function, such as a generator', of.rows);
  const columns = list(`${where}: columns`, of.columns).map((it) => column(where, it));
  const names = new Map(columns.map((it) => [it.name, it]));
  if (names.size !== columns.length) throw mistake(where, 'columns with names of their own', columns.map((it) => it.name));
  const placement = of.placement ?? 'cluster';
  if (!PLACEMENTS.includes(placement)) throw mistake(`${where}: placement`, PLACEMENTS.join(', '), placement);
  if (placement === 'per-row' && !names.has('cluster')) throw mistake(where, 'a column "cluster" where rows name theirs', [...names.keys()]);
  const primaryKey = of.primaryKey ?? [];
  const odd = [primaryKey, ...(of.requiredFilters ?? [])].flat().find((name) => !names.has(name));
  if (odd !== undefined) throw mistake(where, 'names of its columns in primaryKey and requiredFilters', odd);
  const path = of.name === '' ? [] : of.name.split('.');
  const params = (of.arguments ?? []).map((it) => param(where, it));
  return {
    of,
    path,
    names,
    placement,
    escapes: new Map((of.arguments ?? []).map((it) => [it.name, it.escape])),
    info: { path, aliases: of.aliases ?? [], params, description: of.description },
    detail: {
      schema: { fields: columns.flatMap((it) => it.fields) },
      placement,
      primaryKey,
      requiredFilters: of.requiredFilters ?? [],
      identity: undefined,
      notes: of.notes ?? [],
      description: of.description,
      metadata: [],
    },
  };
}

function column(where, of) {
  only(`${where}: a column`, of, ['name', 'type', 'description', 'required', 'shape']);
  if (typeof of.name !== 'string' || !COLUMN.test(of.name)) throw mistake(`${where}: a column`, 'a name', of.name);
  const type = typed(`${where}, column ${of.name}`, of.type);
  if (of.shape !== undefined) {
    if (of.type !== 'dynamic') throw mistake(`${where}, column ${of.name}`, 'a shape on columns of type dynamic only', of.type);
    typed(`${where}, column ${of.name}`, of.shape);
  }
  const metadata = of.shape === undefined ? [] : [['shape', of.shape]];
  const required = of.required ?? false;
  return { name: of.name, type, written: of.type, required, fields: fieldsOf(of.name, type, { nullable: !required, description: of.description, metadata }) };
}

function param(where, of) {
  only(`${where}: an argument`, of, ['name', 'type', 'description', 'required', 'positional', 'escape']);
  const type = typed(`${where}, argument ${of.name}`, of.type);
  if (type.children.length > 0) throw mistake(`${where}, argument ${of.name}`, 'a type without parts', of.type);
  return {
    name: of.name,
    dataType: type.dataType,
    required: of.required ?? false,
    positional: of.positional ?? false,
    description: of.description,
  };
}

function typed(where, text) {
  try {
    return parseType(String(text));
  } catch (error) {
    throw new TypeError(`${where}: ${error.message}`);
  }
}
