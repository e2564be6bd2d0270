//! Types as the query language writes them (`map<string, long>`), and the contract's fields made of them. Knows no values.

/** Levels a type may be nested; the host allows 32. */
const LEVELS = 16;

const NANOSECONDS = 'nanosecond';
const SCALARS = {
  bool: { tag: 'boolean' },
  long: { tag: 'int64' },
  real: { tag: 'float64' },
  string: { tag: 'utf8' },
  dynamic: { tag: 'json' },
  datetime: { tag: 'timestamp', val: { unit: NANOSECONDS, zone: 'UTC' } },
  timespan: { tag: 'duration', val: NANOSECONDS },
  quantity: { tag: 'decimal128', val: { precision: 38, scale: 9 } },
};

/**
 * Reads a type: `bool`, `long`, `real`, `string`, `datetime`, `timespan`, `quantity`, `dynamic`, `list<T>`,
 * `map<string, T>` or `struct<name: T, …>`.
 * @param {string} text
 * @returns {{dataType: object, children: {name: string, nullable: boolean, of: object}[]}}
 */
export function parseType(text) {
  const reader = new Reader(text);
  const of = reader.type(LEVELS);
  if (reader.rest() !== '') throw reader.expected('the end of the type');
  return of;
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  rest() {
    return this.text.slice(this.at).trimStart();
  }

  expected(what) {
    return new TypeError(`expected ${what} at "${this.rest().slice(0, 12)}" in the type "${this.text}"`);
  }

  /** Takes what the pattern matches here, white space before it skipped. */
  take(pattern) {
    const rest = this.rest();
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) return undefined;
    this.at = this.text.length - rest.length + found.length;
    return found;
  }

  sign(sign) {
    if (!this.rest().startsWith(sign)) throw this.expected(`"${sign}"`);
    this.take(/^./);
  }

  type(levels) {
    if (levels === 0) throw this.expected(`a type of at most ${LEVELS} levels`);
    const before = this.at;
    const word = this.take(/^\w+/);
    if (Object.hasOwn(SCALARS, word ?? '')) return { dataType: SCALARS[word], children: [] };
    switch (word) {
      case 'list': {
        this.sign('<');
        const of = this.type(levels - 1);
        this.sign('>');
        return { dataType: { tag: 'array' }, children: [{ name: 'item', nullable: true, of }] };
      }
      case 'map': {
        this.sign('<');
        if (this.take(/^string\b/) === undefined) throw this.expected('"string" as the key of a map');
        this.sign(',');
        const of = this.type(levels - 1);
        this.sign('>');
        const key = { name: 'key', nullable: false, of: { dataType: SCALARS.string, children: [] } };
        return { dataType: { tag: 'dictionary' }, children: [key, { name: 'value', nullable: true, of }] };
      }
      case 'struct':
        return { dataType: { tag: 'object' }, children: this.fields(levels - 1) };
      default:
        this.at = before;
        throw this.expected('bool, long, real, string, datetime, timespan, quantity, dynamic, list<T>, map<string, T> or struct<name: T>');
    }
  }

  fields(levels) {
    const fields = [];
    this.sign('<');
    while (this.take(/^>/) === undefined) {
      if (fields.length > 0) this.sign(',');
      const name = this.take(/^`[^`]*`/)?.slice(1, -1) ?? this.take(/^[A-Za-z_]\w*/);
      if (name === undefined) throw this.expected('the name of a field');
      this.sign(':');
      fields.push({ name, nullable: true, of: this.type(levels) });
    }
    return fields;
  }
}

/** The contract's fields of a type, in pre-order. */
export function fieldsOf(name, of, { nullable = true, description, metadata = [] } = {}) {
  const field = { name, dataType: of.dataType, nullable, children: of.children.length, description, metadata };
  return [field, ...of.children.flatMap((child) => fieldsOf(child.name, child.of, { nullable: child.nullable }))];
}

/** The tree of one root field of the contract's pre-order list. */
export function treeOf(fields) {
  let at = 0;
  const next = () => {
    const { name, dataType, nullable, children } = fields[at++];
    return { name, nullable, of: { dataType, children: Array.from({ length: children }, next) } };
  };
  return next();
}
