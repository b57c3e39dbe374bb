/** An administrator who may not see everything, and services that do not answer: what cannot be looked at is `unknown`, with the right to ask for; nothing else suffers. */
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { verdictOf } from '../../../local/doctor/report.ts';
import { findings, proxyTo, troubles, type World } from './world.ts';

const isTarget = (incoming: IncomingMessage, name: string) =>
  String(incoming.headers['x-amz-target'] ?? '').endsWith(`.${name}`);
const isService = (incoming: IncomingMessage, name: string) =>
  (incoming.headers.authorization ?? '').includes(`/${name}/aws4_request`);

interface Case {
  readonly right: string;
  readonly isIt: (incoming: IncomingMessage) => boolean;
  /** Ids that become unknown; nothing fails. */
  readonly ids: readonly string[];
}

const LOOKS_AT_FUNCTION = [
  'function-place',
  'function-runtime',
  'function-timeout',
  'function-organization',
  'function-code',
  'bucket-read',
  'journal-lock',
  'policy-readable',
];

const CASES: readonly Case[] = [
  { right: 'sts:GetCallerIdentity', isIt: (it) => isService(it, 'sts'), ids: ['credentials', 'account'] },
  {
    right: 'workmail:DescribeInboundDmarcSettings',
    isIt: (it) => isTarget(it, 'DescribeInboundDmarcSettings'),
    ids: ['builtin-dmarc'],
  },
  {
    right: 'workmail:ListMailDomains',
    isIt: (it) => isTarget(it, 'ListMailDomains'),
    ids: ['domain-verified', 'policy-domains'],
  },
  {
    right: 'workmail:ListAvailabilityConfigurations',
    isIt: (it) => isTarget(it, 'ListAvailabilityConfigurations'),
    ids: ['availability-configured'],
  },
  {
    right: 'workmail:TestAvailabilityConfiguration',
    isIt: (it) => isTarget(it, 'TestAvailabilityConfiguration'),
    ids: ['availability-test'],
  },
  {
    right: 'lambda:GetPolicy',
    isIt: (it) => isService(it, 'lambda') && (it.url ?? '').endsWith('/policy'),
    ids: ['invoke-right', 'invoke-pinned'],
  },
  {
    right: 's3:GetBucketPolicy',
    isIt: (it) => isService(it, 's3') && /\?policy/.test(it.url ?? ''),
    ids: ['bucket-read', 'bucket-tls', 'bucket-organization', 'bucket-account'],
  },
  {
    right: 's3:GetBucketObjectLockConfiguration',
    isIt: (it) => isService(it, 's3') && /object-lock/.test(it.url ?? ''),
    ids: ['journal-lock'],
  },
  { right: 'ses:GetEmailIdentity', isIt: (it) => isService(it, 'ses'), ids: ['awsapps-identity'] },
  {
    right: 'logs:FilterLogEvents',
    isIt: (it) => isTarget(it, 'FilterLogEvents'),
    ids: ['rule-fired', 'event-log-receiving'],
  },
];

export function deniedTests(world: () => World): void {
  for (const { right, isIt, ids } of CASES)
    test(`says that ${right} is missing, and sees the rest`, async () => {
      const proxy = await proxyTo(world().standIn.ports.aws, (incoming) =>
        isIt(incoming) ? 'deny' : undefined,
      );
      try {
        const all = await findings({ ...world(), endpoint: proxy.url });
        const unknown = all.filter(({ level }) => level !== 'ok');
        expect([...new Set(unknown.map(({ id }) => id))].sort()).toEqual([...ids].sort());
        for (const finding of unknown) expect(finding).toMatchObject({ level: 'unknown' });
        expect(unknown.map(({ mend }) => mend).join(' ')).toContain(right);
      } finally {
        await proxy.close();
      }
    });

  test('says that lambda:GetFunction is missing, and asks for nothing that depends on it', async () => {
    const isIt = (it: IncomingMessage) => isService(it, 'lambda') && !(it.url ?? '').endsWith('/policy');
    const proxy = await proxyTo(world().standIn.ports.aws, (incoming) =>
      isIt(incoming) ? 'deny' : undefined,
    );
    try {
      const all = await findings({ ...world(), endpoint: proxy.url });
      const ids = new Set(all.filter(({ level }) => level === 'unknown').map(({ id }) => id));
      for (const id of LOOKS_AT_FUNCTION) expect(ids).toContain(id);
      expect(all.filter(({ level }) => level === 'fail')).toEqual([]);
    } finally {
      await proxy.close();
    }
  });

  test('says of a service that cuts the connection that it did not answer', async () => {
    const proxy = await proxyTo(world().standIn.ports.aws, (incoming) =>
      isService(incoming, 'ses') ? 'cut' : undefined,
    );
    try {
      const all = await findings({ ...world(), endpoint: proxy.url });
      expect(troubles(all)).toEqual(['unknown awsapps-identity (example.awsapps.com)']);
      expect(all.find(({ level }) => level === 'unknown')?.meaning).toContain('no answer');
    } finally {
      await proxy.close();
    }
  });

  test('without any right knows nothing, and says so of everything', async () => {
    const proxy = await proxyTo(world().standIn.ports.aws, () => 'deny');
    try {
      const all = await findings({ ...world(), endpoint: proxy.url });
      expect(all.filter(({ level }) => level === 'ok' || level === 'fail')).toEqual([]);
      expect(all.length).toBeGreaterThan(5);
      expect(verdictOf(all)).toBe('undecided');
    } finally {
      await proxy.close();
    }
  });
}
