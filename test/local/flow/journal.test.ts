import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk, type Disk } from '../../../local/flow/disk.ts';
import {
  type JournalRecord,
  openJournal,
  type QueueStates,
  replay,
  snapshot,
} from '../../../local/flow/journal.ts';
import type { Entry } from '../../../local/flow/types.ts';

function entry(id: string, parent?: Entry['parent']): Entry {
  return {
    id,
    traceId: id,
    ...(parent === undefined ? {} : { parent }),
    receivedAt: 0,
    direction: 'inbound',
    origin: 'world',
    mailFrom: 'a@b.example',
    returnPath: 'a@b.example',
    recipients: ['c@example.com'],
    client: { address: '127.0.0.1', name: 'x', helo: 'x' },
    bytes: 1,
  };
}

const id = fc.constantFrom('a', 'b', 'c');
const role = fc.constantFrom('forward' as const, 'bounce' as const);
const decision = { recipients: [], deliveries: [], asyncCalls: [] };
/** `a` is the parent; it is accepted once, before anything else. */
const child = fc.constantFrom('b', 'c');
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  child.map((own) => ({ op: 'accept' as const, entry: entry(own) })),
  fc
    .tuple(child, role)
    .map(([own, as]) => ({ op: 'accept' as const, entry: entry(own, { id: 'a', role: as }) })),
  fc.tuple(id, fc.nat(5)).map(([own, count]) => ({
    op: 'attempt' as const,
    id: own,
    rule: 'r',
    attempts: { count, firstAt: 1, nextAt: 2 },
  })),
  id.map((own) => ({ op: 'decide' as const, id: own, decision })),
  id.map((own) => ({ op: 'delivered' as const, id: own })),
  id.map((own) => ({ op: 'called' as const, id: own, rule: 'r' })),
  fc.tuple(id, role).map(([own, as]) => ({ op: 'child' as const, id: own, role: as })),
  id.map((own) => ({ op: 'done' as const, id: own })),
);

function text(records: readonly JournalRecord[]): string {
  return records.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function plain(states: QueueStates): unknown {
  return [...states]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, state]) => ({
      ...state,
      attempts: [...state.attempts],
      called: [...state.called],
      children: [...state.children].sort(),
    }));
}

describe('replay', () => {
  test('a journal made anew says the same as the long one', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const { states } = replay(text([{ op: 'accept', entry: entry('a') }, ...records]));
        expect(plain(replay(snapshot(states)).states)).toEqual(plain(states));
      }),
      { numRuns: 300 },
    );
  });

  test('a line cut short counts for nothing, and takes no other with it', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), fc.nat(), (records, cut) => {
        const whole = text(records);
        const last = text(records.slice(-1));
        const torn = whole.slice(0, whole.length - last.length + (cut % (last.length - 1)));
        expect(plain(replay(torn).states)).toEqual(plain(replay(text(records.slice(0, -1))).states));
      }),
      { numRuns: 200 },
    );
  });

  test('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.json(),
            record.map((item) => JSON.stringify(item)),
          ),
        ),
        (lines) => {
          replay(lines.join('\n'));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a child that is accepted marks its parent in the same line', () => {
    const { states } = replay(
      text([
        { op: 'accept', entry: entry('a') },
        { op: 'accept', entry: entry('b', { id: 'a', role: 'forward' }) },
        { op: 'done', id: 'b' },
      ]),
    );
    expect([...(states.get('a')?.children ?? [])]).toEqual(['forward']);
    expect(states.has('b')).toBe(false);
  });
});

describe('the file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mailroom-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function counting(): { disk: Disk; appends: string[] } {
    const appends: string[] = [];
    const real = createDisk();
    const openLog: Disk['openLog'] = async (path) => {
      const log = await real.openLog(path);
      return {
        append: (part) => {
          appends.push(part);
          return log.append(part);
        },
        close: () => log.close(),
      };
    };
    return { disk: { ...real, openLog }, appends };
  }

  test('appends of one moment share one write', async () => {
    const { disk, appends } = counting();
    const { journal } = await openJournal(disk, directory);
    const ids = Array.from({ length: 50 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((own) => journal.append({ op: 'accept', entry: entry(own) })));
    expect(appends).toHaveLength(1);
    await Promise.all(ids.slice(0, 49).map((own) => journal.append({ op: 'done', id: own })));
    expect([...journal.states.keys()]).toEqual(['m49']);
    await journal.close();
    const reopened = await openJournal(createDisk(), directory);
    expect([...reopened.journal.states.keys()]).toEqual(['m49']);
    await reopened.journal.close();
    expect((await readFile(join(directory, 'journal.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  test('is made anew while it runs, before it grows without end', async () => {
    const { journal } = await openJournal(createDisk(), directory);
    await journal.append({ op: 'accept', entry: entry('a') });
    const rule = 'x'.repeat(1024 * 1024);
    for (let count = 1; count <= 12; count++) {
      await journal.append({ op: 'attempt', id: 'a', rule, attempts: { count, firstAt: 0, nextAt: 0 } });
    }
    expect((await readFile(join(directory, 'journal.jsonl'))).length).toBeLessThan(10 * 1024 * 1024);
    await journal.close();
    const { journal: reopened } = await openJournal(createDisk(), directory);
    expect(reopened.states.get('a')?.attempts.get(rule)?.count).toBe(12);
    await reopened.close();
  });

  test('a write that fails does not count, and the next one may succeed', async () => {
    const real = createDisk();
    let fail = true;
    const openLog: Disk['openLog'] = async (path) => {
      const log = await real.openLog(path);
      return {
        append: (part) => (fail ? Promise.reject(new Error('full')) : log.append(part)),
        close: () => log.close(),
      };
    };
    const { journal } = await openJournal({ ...real, openLog }, directory);
    await expect(journal.append({ op: 'accept', entry: entry('a') })).rejects.toThrow('full');
    expect(journal.states.size).toBe(0);
    fail = false;
    await journal.append({ op: 'accept', entry: entry('b') });
    expect([...journal.states.keys()]).toEqual(['b']);
    await journal.close();
  });

  test('damage is counted and kept for a look', async () => {
    const good = JSON.stringify({ op: 'accept', entry: entry('a') });
    await writeFile(join(directory, 'journal.jsonl'), `${good}\n\0\0\0\n{"op":"accept"}\n`);
    const { journal, unreadable } = await openJournal(createDisk(), directory);
    expect(unreadable).toBe(2);
    expect([...journal.states.keys()]).toEqual(['a']);
    expect(await readFile(join(directory, 'journal.jsonl.damaged'), 'utf8')).toContain('\0');
    await journal.close();
  });
});
