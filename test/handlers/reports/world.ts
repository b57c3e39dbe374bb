/** A bucket, a zone and a mail system as literal tables, which record the effects and can stop dead after the n-th. */
import type { ReportPorts } from '../../../handlers/reports/ports.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import type { Policy } from '../../../shared/policy/types.ts';
import { type Observation, writeObservation } from '../../../shared/reports/aggregate/collect-observation.ts';
import { policyOf } from '../support/world.ts';

export const DAY = '2026-11-20';
/** Three in the morning of the day after. */
export const NOW_MS = Date.parse('2026-11-21T03:00:00Z');

export const POLICY = `version: 1
organization: { domains: [example.com] }
dmarc:
  reports:
    from: dmarc@example.com
    organization: Example Ltd
    contact: postmaster@example.com
`;

export interface Sent {
  readonly to: string;
  readonly raw: string;
}

export interface ReportWorld {
  readonly ports: ReportPorts;
  readonly objects: Map<string, Buffer>;
  readonly sent: Sent[];
  readonly logs: LogRecord[];
  readonly asked: string[];
  killAfter: number | undefined;
  readonly killed: Promise<'killed'>;
  /** What sending or a look-up throws. */
  mailError: (() => Error) | undefined;
  readonly deadNames: Set<string>;
}

export function createReportWorld(
  zone: Readonly<Record<string, string>>,
  policy: Policy = policyOf(POLICY),
  earlier?: ReportWorld,
): ReportWorld {
  const objects = new Map(earlier?.objects);
  const sent: Sent[] = [...(earlier?.sent ?? [])];
  const logs: LogRecord[] = [];
  const asked: string[] = [];
  let die: (word: 'killed') => void = () => undefined;
  const killed = new Promise<'killed'>((resolve) => {
    die = resolve;
  });
  const effect = async <T>(result: T): Promise<T> => {
    if (world.killAfter === undefined) return result;
    world.killAfter -= 1;
    if (world.killAfter > 0) return result;
    die('killed');
    return new Promise<never>(() => undefined);
  };
  const store = {
    async put({ key, body }: { key: string; body: Uint8Array }) {
      objects.set(key, Buffer.from(body));
      return effect({ versionId: undefined });
    },
    async putIfAbsent({ key, body }: { key: string; body: Uint8Array }) {
      if (objects.has(key)) return 'already-there' as const;
      objects.set(key, Buffer.from(body));
      return effect('stored' as const);
    },
    async get(_bucket: string, key: string, maxBytes: number) {
      const bytes = objects.get(key);
      if (bytes !== undefined && bytes.length > maxBytes)
        throw new PermanentError('s3 GetObject: RangeError');
      return bytes;
    },
    exists: async (_bucket: string, key: string) => objects.has(key),
    putSlices: () => Promise.reject(new Error('not here')),
    deleteVersion: () => Promise.reject(new Error('nothing is deleted here')),
  };
  const world: ReportWorld = {
    ports: {
      objectStore: store,
      async *listObjects({ prefix, folders }) {
        const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
        const names = keys.map((key) => key.slice(prefix.length).split('/')[0] ?? '');
        // Pages of two, so that there are several.
        const all = folders ? [...new Set(names)] : keys;
        for (let at = 0; at === 0 || at < all.length; at += 2) {
          const page = all.slice(at, at + 2);
          yield folders ? { keys: [], folders: page } : { keys: page, folders: [] };
        }
      },
      async lookupTxt(name) {
        asked.push(name);
        if (world.deadNames.has(name)) throw new TemporaryError('dns TXT: ETIMEOUT');
        const record = zone[name];
        return record === undefined ? { kind: 'nxdomain' } : { kind: 'records', records: [record] };
      },
      loadPolicy: async () => policy,
      policySaved: async () => undefined,
      async sendMail({ to, raw }) {
        const error = world.mailError?.();
        if (error !== undefined) throw error;
        sent.push({ to, raw: Buffer.from(raw).toString('latin1') });
        return effect(undefined);
      },
      log: (record) => logs.push(record),
      now: () => NOW_MS,
      bucket: 'rewrite',
    },
    objects,
    sent,
    logs,
    asked,
    killAfter: undefined,
    killed,
    mailError: undefined,
    deadNames: new Set(),
  };
  return world;
}

let made = 0;

/** Puts what a message left into the bucket. */
export function seen(world: ReportWorld, domain: string, change: Partial<Observation['record']> = {}): void {
  made += 1;
  world.objects.set(
    `observed/${DAY}/${domain}/${made}.json`,
    Buffer.from(writeObservation(observation(domain, change))),
  );
}

export function observation(domain: string, change: Partial<Observation['record']> = {}): Observation {
  return {
    atSeconds: Date.parse(`${DAY}T12:00:00Z`) / 1000,
    policy: { domain, discoveryMethod: 'treewalk', p: 'reject', adkim: 'r', aspf: 'r', testing: 'n' },
    record: {
      sourceIp: '192.0.2.1',
      policyEvaluated: { disposition: 'none', dkim: 'pass', spf: 'fail', reasons: [] },
      identifiers: { headerFrom: domain, envelopeFrom: 'bounces.example.net' },
      authResults: {
        dkim: [{ domain, selector: 's1', result: 'pass' }],
        spf: [{ domain: 'bounces.example.net', scope: 'mfrom', result: 'pass' }],
      },
      ...change,
    },
  };
}
