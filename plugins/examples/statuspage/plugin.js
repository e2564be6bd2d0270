//! What companies say of their own services: pages of Atlassian Statuspage, by their public API v2. Needs no credential.
//! The answers' shapes are those that every page documents at /api/v2, such as https://metastatuspage.com/api/v2.

import { http, plugin, read } from './sdk/trawl.js';

const ENDPOINT = 'page';
/** What the lists of incidents and of maintenances hold at most, by the API's documentation. */
const LISTED = 50;
/** An incident is open in one of these, a maintenance is planned or under way in one of those. */
const OPEN = ['investigating', 'identified', 'monitoring'];
const PLANNED = ['scheduled'];
const ACTIVE = ['in_progress', 'verifying'];

const IMPACTS = 'none, minor, major, critical or maintenance';
const UPDATES = 'list<struct<id: string, incident_id: string, status: string, body: string, created_at: datetime, updated_at: datetime, '
  + 'display_at: datetime, deliver_notifications: bool, custom_tweet: string, tweet_id: string, '
  + 'affected_components: list<struct<code: string, name: string, old_status: string, new_status: string>>>>';

const column = (name, type, description, more = {}) => ({ name, type, description, ...more });
const required = { required: true };
const optional = { optional: true };

/** Columns that incidents and maintenances share. */
const HAPPENING = [
  column('id', 'string', 'Its identifier', required),
  column('name', 'string', 'Its headline', required),
  column('status', 'string', 'How far it is', required),
  column('impact', 'string', `How bad it is: ${IMPACTS}`),
  column('created_at', 'datetime', 'When it was entered'),
  column('updated_at', 'datetime', 'When it was last changed'),
  column('components', 'list<string>', 'Names of the components that it touches'),
  column('shortlink', 'string', 'Its address for people'),
  column('latest_update', 'string', 'What was said last'),
  column('updates', 'dynamic', 'All that was said, the latest first', { shape: UPDATES }),
];

const happening = (of) => ({
  id: of.id,
  name: of.name,
  status: of.status,
  impact: of.impact,
  created_at: of.created_at,
  updated_at: of.updated_at,
  components: read.objects(of, 'components', optional).map((component) => component.name),
  shortlink: of.shortlink,
  latest_update: read.objects(of, 'incident_updates', optional)[0]?.body,
  updates: of.incident_updates,
});

/** The rows of a list, and a word when it is as long as the API lets it be: older ones are not to be had. */
function* listed(scan, path, key, row) {
  const found = read.objects(http.json(ENDPOINT, path), key);
  yield* found.map(row);
  if (found.length >= LISTED) {
    scan.report('truncated', `the page gives its ${LISTED} latest ${key.replace('_', ' ')} and no older ones`);
  }
}

/** Whether a filter says that the status is one of these. */
const statusIn = (predicate, statuses) => predicate.column === 'status' && predicate.oneOf?.every((it) => statuses.includes(it));

export const source = plugin({
  name: 'statuspage',
  version: '0.1.0',
  description: 'Components, incidents and maintenances of status pages that Atlassian Statuspage hosts',
  config: { properties: {} },
  endpoints: [{
    name: ENDPOINT,
    description: 'A status page, such as https://www.githubstatus.com: all of it is public',
    operations: [
      'GET /api/v2/status.json',
      'GET /api/v2/components.json',
      'GET /api/v2/incidents.json',
      'GET /api/v2/incidents/unresolved.json',
      'GET /api/v2/scheduled-maintenances.json',
      'GET /api/v2/scheduled-maintenances/upcoming.json',
      'GET /api/v2/scheduled-maintenances/active.json',
    ],
  }],
  tables: [
    {
      name: 'status',
      description: 'The page in one line',
      placement: 'connection',
      columns: [
        column('page', 'string', 'Name of the page', required),
        column('indicator', 'string', 'none, minor, major or critical', required),
        column('description', 'string', 'The same in words', required),
        column('url', 'string', 'Address of the page'),
        column('time_zone', 'string', 'Its time zone'),
        column('updated_at', 'datetime', 'When the page was last changed'),
      ],
      primaryKey: ['page'],
      explain: () => 'GET /api/v2/status.json',
      *rows() {
        const answer = http.json(ENDPOINT, '/api/v2/status.json');
        const { name, url, time_zone, updated_at } = read.object(answer, 'page');
        const { indicator, description } = read.object(answer, 'status');
        yield { page: name, indicator, description, url, time_zone, updated_at };
      },
    },
    {
      name: 'components',
      description: 'The parts of the service, and how each is',
      placement: 'connection',
      columns: [
        column('id', 'string', 'Its identifier', required),
        column('name', 'string', 'Its name', required),
        column('status', 'string', 'operational, degraded_performance, partial_outage, major_outage or under_maintenance', required),
        column('description', 'string', 'What it is'),
        column('group', 'string', 'Name of the group that it is in'),
        column('is_group', 'bool', 'Whether it is a group itself', required),
        column('showcase', 'bool', 'Whether its history is shown'),
        column('only_show_if_degraded', 'bool', 'Whether the page hides it while it is well'),
        column('start_date', 'string', 'The day from which its uptime counts'),
        column('position', 'long', 'Its place on the page'),
        column('created_at', 'datetime', 'When it was entered'),
        column('updated_at', 'datetime', 'When its status last changed'),
      ],
      primaryKey: ['id'],
      explain: () => 'GET /api/v2/components.json',
      *rows() {
        const components = read.objects(http.json(ENDPOINT, '/api/v2/components.json'), 'components');
        const names = new Map(components.map(({ id, name }) => [id, name]));
        for (const { group, group_id, page_id: _, components: __, ...of } of components) {
          const { id, name, status, description, showcase, only_show_if_degraded, start_date, position, created_at, updated_at } = of;
          yield { id, name, status, description, group: names.get(group_id), is_group: group ?? false, showcase, only_show_if_degraded,
            start_date, position, created_at, updated_at };
        }
      },
    },
    {
      name: 'incidents',
      description: `Incidents: all that are open, and of the others the ${LISTED} latest`,
      placement: 'connection',
      columns: [
        ...HAPPENING,
        column('started_at', 'datetime', 'When it began'),
        column('monitoring_at', 'datetime', 'When it was watched after the fix'),
        column('resolved_at', 'datetime', 'When it was over; null while it is open'),
      ],
      primaryKey: ['id'],
      push(predicate, ask) {
        const open = statusIn(predicate, OPEN) || (predicate.column === 'resolved_at' && predicate.op === 'is-null');
        if (!open) return undefined;
        ask.list = 'unresolved';
        return 'inexact';
      },
      explain: (ask) => `GET /api/v2/incidents${ask.list === undefined ? '' : `/${ask.list}`}.json`,
      *rows(scan) {
        const row = (of) => ({ ...happening(of), started_at: of.started_at, monitoring_at: of.monitoring_at, resolved_at: of.resolved_at });
        if (scan.ask.list !== undefined) {
          yield* read.objects(http.json(ENDPOINT, '/api/v2/incidents/unresolved.json'), 'incidents').map(row);
        } else {
          yield* listed(scan, '/api/v2/incidents.json', 'incidents', row);
        }
      },
    },
    {
      name: 'maintenances',
      description: `Maintenances that are planned, under way or done, the ${LISTED} latest`,
      placement: 'connection',
      columns: [
        ...HAPPENING,
        column('scheduled_for', 'datetime', 'When it is to begin'),
        column('scheduled_until', 'datetime', 'When it is to end'),
        column('resolved_at', 'datetime', 'When it was over'),
      ],
      primaryKey: ['id'],
      push(predicate, ask) {
        const list = statusIn(predicate, PLANNED) ? 'upcoming' : statusIn(predicate, ACTIVE) ? 'active' : undefined;
        // Two filters that exclude each other leave nothing: one list is as good as the other.
        if (list === undefined) return undefined;
        ask.list ??= list;
        return 'inexact';
      },
      explain: (ask) => `GET /api/v2/scheduled-maintenances${ask.list === undefined ? '' : `/${ask.list}`}.json`,
      *rows(scan) {
        const row = (of) => ({ ...happening(of), scheduled_for: of.scheduled_for, scheduled_until: of.scheduled_until,
          resolved_at: of.resolved_at });
        const { list } = scan.ask;
        if (list !== undefined) {
          yield* read.objects(http.json(ENDPOINT, `/api/v2/scheduled-maintenances/${list}.json`), 'scheduled_maintenances').map(row);
        } else {
          yield* listed(scan, '/api/v2/scheduled-maintenances.json', 'scheduled_maintenances', row);
        }
      },
    },
  ],
});
