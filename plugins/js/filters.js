//! A request's filters as simple predicates: one column against constants. Decides nothing; a table's `push` does.

/** How deep `not` and `or` are followed; deeper expressions are left to the host. */
const DEPTH = 16;

const FLIPPED = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' };
const OPPOSITE = { eq: 'ne', ne: 'eq', in: 'not-in', 'not-in': 'in', 'is-null': 'is-not-null', 'is-not-null': 'is-null' };
const TEXT = new Set(['has', 'contains', 'prefix', 'suffix', 'regex']);

/**
 * One column against constants. Every test is two-valued: null is never equal, and always unequal.
 * @typedef {object} Predicate
 * @property {string} column The column.
 * @property {(string|number|'*')[]} path The path below it: keys and indices, `*` for every item; empty for the column itself.
 * @property {'eq'|'ne'|'lt'|'le'|'gt'|'ge'|'in'|'not-in'|'is-null'|'is-not-null'|'has'|'contains'|'prefix'|'suffix'|'regex'} op
 * @property {any} value The constant; of `in` and `not-in` a list of them; none of the null tests. Datetimes and timespans are
 *   `bigint`s of nanoseconds, longs numbers where those are exact, quantities texts.
 * @property {any[]|undefined} oneOf For `eq` and `in`: the values of which the column has one.
 * @property {any[]|undefined} noneOf For `ne` and `not-in`: the values of which it has none (null passes).
 * @property {boolean} ignoreCase Of a text test: whether letters match regardless of case.
 * @property {boolean} negated Of a text test: the opposite.
 */

/** A literal of the contract as a value of JavaScript. */
export function valueOf({ tag, val }) {
  switch (tag) {
    case 'null': return null;
    case 'int64': case 'uint64': {
      const number = Number(val);
      return Number.isSafeInteger(number) ? number : val;
    }
    default: return val;
  }
}

/**
 * One entry for each filter of the request: the predicate, or undefined when it has no simple form.
 * @returns {(Predicate|undefined)[]}
 */
export function predicates({ filters, refs }) {
  const reader = new Reader(filters.nodes, refs);
  return Array.from(filters.roots, (root) => {
    const found = reader.predicate(root, DEPTH);
    return found && finished(found);
  });
}

function finished({ column, op, value, ignoreCase = false, negated = false }) {
  return {
    column: column.name,
    path: column.path.map(({ tag, val }) => (tag === 'every' ? '*' : val)),
    op,
    value,
    oneOf: op === 'eq' ? [value] : op === 'in' ? value : undefined,
    noneOf: op === 'ne' ? [value] : op === 'not-in' ? value : undefined,
    ignoreCase,
    negated,
  };
}

class Reader {
  constructor(nodes, refs) {
    this.nodes = nodes;
    this.refs = refs;
  }

  column(index) {
    const node = this.nodes[index];
    return node?.tag === 'column-ref' ? this.refs[node.val] : undefined;
  }

  predicate(index, depth) {
    const node = this.nodes[index];
    if (node === undefined || depth === 0) return undefined;
    const of = node.val;
    switch (node.tag) {
      case 'compare': return this.compare(of);
      case 'in-set': {
        const column = this.column(of.value);
        return column && { column, op: of.negated ? 'not-in' : 'in', value: of.items.map(valueOf) };
      }
      case 'text-match': {
        const column = this.column(of.value);
        return column && { column, op: of.op, value: of.pattern, ignoreCase: of.ignoreCase, negated: of.negated };
      }
      case 'is-null': case 'is-not-null': {
        const column = this.column(of);
        return column && { column, op: node.tag };
      }
      case 'negate': return opposite(this.predicate(of, depth - 1));
      case 'all-of': return of.length === 1 ? this.predicate(of[0], depth - 1) : undefined;
      case 'any-of': return this.anyOf(Array.from(of), depth - 1);
      // A boolean column by itself.
      case 'column-ref': return { column: this.refs[of], op: 'eq', value: true };
      default: return undefined;
    }
  }

  compare({ op, left, right }) {
    const straight = this.column(left) !== undefined;
    const column = this.column(straight ? left : right);
    const constant = this.nodes[straight ? right : left];
    if (column === undefined || constant?.tag !== 'value') return undefined;
    const value = valueOf(constant.val);
    const read = straight ? op : FLIPPED[op];
    if (value !== null) return { column, op: read, value };
    return read === 'eq' ? { column, op: 'is-null' } : read === 'ne' ? { column, op: 'is-not-null' } : undefined;
  }

  /** `a == 1 or a == 2` is `a in (1, 2)`. */
  anyOf(parts, depth) {
    const found = parts.map((part) => this.predicate(part, depth));
    const same = (it) => it !== undefined && (it.op === 'eq' || it.op === 'in') && sameColumn(it.column, found[0].column);
    return found.length > 0 && found.every(same)
      ? { column: found[0].column, op: 'in', value: found.flatMap((it) => (it.op === 'in' ? it.value : [it.value])) }
      : undefined;
  }
}

const sameColumn = (a, b) => a.name === b.name && JSON.stringify(a.path) === JSON.stringify(b.path)
  && JSON.stringify(a.output[0].dataType) === JSON.stringify(b.output[0].dataType);

/** The exact complement. The order comparisons have none: with null both `a < b` and `a >= b` are false. */
function opposite(of) {
  if (of === undefined) return undefined;
  if (TEXT.has(of.op)) return { ...of, negated: !of.negated };
  return OPPOSITE[of.op] && { ...of, op: OPPOSITE[of.op] };
}
