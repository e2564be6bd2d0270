//! {{name}}: items of an HTTP API, as a table of trawl. Replace the endpoint, the columns and the rows by those of your source.

import { http, plugin, read } from './sdk/trawl.js';

const STATES = ['open', 'closed'];

export const source = plugin({
  name: '{{name}}',
  version: '0.1.0',
  description: 'Items of an HTTP API',
  // Keys of a connection in clusters.yaml that are the plugin's own, as JSON Schema.
  config: { properties: { page_size: { type: 'integer', minimum: 1, maximum: 1000 } } },
  endpoints: [{
    name: 'api',
    description: 'The API that the items are read from',
    // All that the plugin may ever ask; the operator grants each of them.
    operations: ['GET /api/items'],
  }],
  tables: [{
    name: 'items',
    description: 'Items, the latest first',
    columns: [
      { name: 'id', type: 'long', description: 'Its number', required: true },
      { name: 'title', type: 'string', description: 'Its headline', required: true },
      { name: 'state', type: 'string', description: 'open or closed', required: true },
      { name: 'created_at', type: 'datetime', description: 'When it was made' },
      { name: 'labels', type: 'map<string, string>', description: 'Its labels' },
      { name: 'details', type: 'dynamic', description: 'All that the API says of it' },
    ],
    primaryKey: ['id'],
    // One condition of a query after the other: what the remote takes over is noted in `ask`. Say 'exact' only when the remote
    // gives those rows and no others; trawl checks every other condition itself.
    push(condition, ask) {
      if (condition.column !== 'state' || condition.oneOf?.length !== 1 || !STATES.includes(condition.oneOf[0])) return undefined;
      if (ask.state !== undefined && ask.state !== condition.oneOf[0]) return undefined;
      [ask.state] = condition.oneOf;
      return 'exact';
    },
    explain: ({ state }) => `GET /api/items${state === undefined ? '' : `?state=${state}`}`,
    *rows(scan) {
      const pages = http.pages('api', '/api/items', {
        query: { limit: scan.config.page_size ?? 100, state: scan.ask.state },
        next: (page) => ({ cursor: read.text(page, 'next', { optional: true }) }),
        ahead: scan.limit === undefined,
      });
      for (const page of pages) {
        // `read` gives what is there, or says which answer is not as it should be, and what came instead.
        for (const item of read.objects(page, 'items')) {
          yield { id: item.id, title: item.title, state: item.state, created_at: item.created_at, labels: item.labels, details: item };
        }
      }
    },
  }],
});
