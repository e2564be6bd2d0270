//! What the SDK for JavaScript does with types, conditions, pages, errors and the cache, for a test of the host; ../typed-python is
//! the same in Python, and both must give the same rows.

import { cache, fail, http, log, plugin, read, seconds, toJson } from './sdk/trawl.js';

const column = (name, type, more = {}) => ({ name, type, ...more });
const GREATEST = (1n << 63n) - 1n;

const OWN = [
  { text: 'Zürich 🚀\n"\\', whole: GREATEST, real: NaN, at: '2026-11-21T08:30:00.123456789+01:00', span: '1h30m', amount: '1.5Gi', flag: true,
    list: ['a', null, 'b'], map: { b: 1, a: 2 }, parts: { name: 'x', size: 3 }, doc: { big: 9007199254740993n, deep: [{ x: [1, 2] }, { x: [] }] } },
  { text: '', whole: -GREATEST - 1n, real: Infinity, at: seconds(1), span: -1n, amount: -3, flag: false, list: [], map: {}, parts: {},
    doc: 'text' },
  { text: null, whole: 7, real: -0.5, at: new Date(1234), span: 0n, amount: 0.1, doc: [NaN, 0.5] },
  {},
];

export const source = plugin({
  name: 'typed',
  version: '0.1.0',
  config: { properties: { word: { type: 'string' } } },
  configure(config) {
    if (config.word === 'wrong') throw fail('invalid-config', 'expected another word, got `wrong`', { hint: 'write another' });
    return config;
  },
  endpoints: [{ name: 'api', operations: ['GET /{rest...}', 'POST /search'], responseHeaders: ['X-Count'] }],
  tables: [
    { name: 'documents', columns: [column('v', 'dynamic')], *rows() { for (const v of http.json('api', '/documents')) yield { v }; } },
    {
      name: 'own',
      columns: [column('text', 'string'), column('whole', 'long'), column('real', 'real'), column('at', 'datetime'),
        column('span', 'timespan'), column('amount', 'quantity'), column('flag', 'bool'), column('list', 'list<string>'),
        column('map', 'map<string, long>'), column('parts', 'struct<name: string, size: long>'),
        column('doc', 'dynamic', { shape: 'struct<big: long, deep: list<struct<x: list<long>>>>' })],
      *rows() { yield* OWN; },
    },
    {
      name: 'numbers',
      columns: [column('n', 'long', { required: true }), column('args', 'string')],
      arguments: [column('count', 'long', { required: true, positional: true }), column('since', 'datetime'),
        { name: 'text', type: 'string', escape: (value) => `<${value}>` }],
      push(condition, ask) {
        (ask.seen ??= []).push([condition.column, condition.path, condition.op, condition.value ?? null, condition.negated]);
        if (condition.op === 'gt') return 'exact';
        return condition.value === 'exact' || condition.value === 'inexact' ? condition.value : undefined;
      },
      explain: (ask) => toJson(ask),
      *rows(scan) { for (let n = 0; n < scan.args.count; n++) yield { n, args: toJson({ ...scan.args, limit: scan.limit ?? null }) }; },
    },
    {
      name: 'pages',
      columns: [column('item', 'string')],
      arguments: [column('path', 'string', { required: true })],
      *rows(scan) {
        const next = (page) => ({ page: page.next });
        for (const page of http.pages('api', [scan.args.path], { query: { size: 2, tag: ['a', 'b'], none: undefined }, next })) {
          for (const item of page.items) yield { item };
        }
      },
    },
    {
      name: 'fails',
      columns: [column('n', 'long', { required: true })],
      arguments: [column('how', 'string', { required: true })],
      *rows(scan) {
        yield { n: 1 };
        switch (scan.args.how) {
          case 'throw': return [].missing.member;
          case 'typed': throw fail('expired', 'the page is over', { hint: 'again', retryAfterMs: 1500n });
          case 'misfit': yield { n: 'abc' }; break;
          case 'missing': yield {}; break;
          case 'row': yield 7; break;
          case 'object': read.object(http.json('api', '/shapes'), 'list'); break;
          case 'objects': read.objects(http.json('api', '/shapes'), ['a', 'b']); break;
          case 'item': read.objects(http.json('api', '/shapes'), 'list'); break;
          case 'text': read.text(read.object(http.json('api', '/shapes'), 'a'), 'flag'); break;
          case 'nothing': read.text(read.objects(http.json('api', '/documents').slice(0, 1))[0], 'y'); break;
          case 'way': read.object(http.json('api', '/shapes'), ['n', 'x'], { optional: true }); break;
          case 'optional': {
            const shapes = http.json('api', '/shapes');
            const optional = { optional: true };
            const found = [read.object(shapes, 'z', optional), read.objects(shapes, ['a', 'b'], optional), read.objects(shapes, ['z', 'z'], optional)];
            throw fail('expired', `${toJson(found)} ${read.text(shapes, 'z', optional) ?? 'no text'} ${read.text(shapes, 'n')}`);
          }
          case 'endpoint': http.get('nowhere', '/'); break;
          case 'large': http.get('api', '/documents', { maxBytes: 3 }); break;
          case 'deep': http.json('api', '/deep'); break;
          default: http.json('api', [scan.args.how]);
        }
      },
    },
    {
      name: 'notes',
      columns: [column('n', 'long'), column('when', 'datetime')],
      *rows(scan) {
        scan.report('truncated', 'there is more', 'lab');
        log.warn('a line');
        const made = cache.of('key', 60_000, () => http.post('api', '/search', { json: { q: 1 } }).json());
        yield { n: made.n, when: 'yesterday' };
        yield { n: 'x', when: 'never' };
        yield { n: Number(http.get('api', '/documents').headers['x-count'] ?? -1) };
      },
    },
  ],
});
