/** Each AWS call of the journal fails in each way: thrown, and in the end there is one record. */
import { describe, expect, it } from 'vitest';
import { createJournalHandler } from '../../handlers/edge/journal.ts';
import type { Ports } from '../../handlers/edge/ports.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { Operation } from './support/cloud.ts';
import { expectOneRecord, inCloud, LIMIT_MS, TEMPORARY_FAULTS } from './support/in-cloud.ts';
import { ruleEvent } from './support/world.ts';

describe.concurrent('journal', () => {
  const handle = (ports: Ports, limitMs = 15_000) =>
    createJournalHandler(() => ports)(ruleEvent(), { getRemainingTimeInMillis: () => limitMs }).catch(
      (thrown: unknown) => thrown,
    );
  const OPERATIONS: readonly Operation[] = [
    'GetRawMessageContent',
    'HeadObject journal event',
    'PutObject journal raw',
    'PutObject journal event',
  ];

  it.each(OPERATIONS.flatMap((operation) => TEMPORARY_FAULTS.map((fault) => [operation, fault] as const)))(
    '%s %s: thrown, and then kept once',
    async (operation, fault) => {
      await inCloud({}, async (cloud) => {
        cloud.faults.set(operation, fault);
        const first = await handle(cloud.ports, fault === 'hang' ? LIMIT_MS : undefined);
        expect(first).toBeInstanceOf(fault === 'hang' ? DeadlineError : TemporaryError);
        cloud.faults.clear();
        expect(await handle(cloud.restart())).toEqual({ outcome: 'stored' });
        expectOneRecord(cloud);
        expect(await handle(cloud.restart())).toEqual({ outcome: 'already-stored' });
      });
    },
  );

  it.each(OPERATIONS)('%s denied', async (operation) => {
    await inCloud({}, async (cloud) => {
      cloud.faults.set(operation, 'denied');
      const first = await handle(cloud.ports);
      // Asking what is there is a courtesy; everything else must work.
      if (operation === 'HeadObject journal event') expect(first).toEqual({ outcome: 'stored' });
      else expect(first).toBeInstanceOf(PermanentError);
      expect(String(first)).not.toContain('@');
    });
  });
});
