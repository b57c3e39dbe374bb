/** The exported handlers, with nothing but the environment. */
import { describe, expect, it, vi } from 'vitest';
import { handler as availability } from '../../handlers/availability/index.ts';
import { handler as dmarc } from '../../handlers/dmarc/index.ts';
import { handler as journal } from '../../handlers/journal/index.ts';
import { handler as mailflow } from '../../handlers/mailflow/index.ts';
import { handler as rewrite } from '../../handlers/rewrite/index.ts';
import { PermanentError } from '../../shared/errors.ts';
import { CONTEXT, ruleEvent } from './support/world.ts';

describe.each(Object.entries({ mailflow, rewrite, dmarc, journal }))('%s', (name, handler) => {
  it('names the wrong fields of an event', async () => {
    const error = await handler({ ...ruleEvent(), messageId: 5 }, CONTEXT).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain('messageId: expected a string, got number');
  });

  it('names the setting that is missing', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const answer = await handler(ruleEvent(), CONTEXT).catch((thrown: unknown) => thrown);
    const log = written.mock.calls.join('');
    written.mockRestore();
    if (name === 'journal') {
      expect(String(answer)).toContain('MAILROOM_JOURNAL_BUCKET');
    } else {
      // Without a policy mail goes on as it is, and an alarm says so.
      expect(answer).toEqual({ actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }] });
      expect(log).toMatch(/"reason":"POLICY_URI: .*"PassedWithoutPolicy":1/);
    }
  });

  it('answers without looking at anything when it is switched off, but for the journal', async () => {
    vi.stubEnv('MAILROOM_MODE', 'off');
    const answer = await handler({}, CONTEXT).catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    if (name === 'journal') expect(answer).toBeInstanceOf(PermanentError);
    else expect(answer).toEqual({ actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }] });
  });

  it('names a mode that nobody knows', async () => {
    vi.stubEnv('MAILROOM_MODE', 'disabled');
    const answer = await handler(ruleEvent(), CONTEXT).catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(String(answer)).toContain(name === 'journal' ? 'MAILROOM_JOURNAL_BUCKET' : 'MAILROOM_MODE');
  });
});

it.each(['off', 'monitor', 'disabled'])('availability answers whatever the mode is: %s', async (mode) => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.stubEnv('MAILROOM_MODE', mode);
  const window = { startDate: '2026-03-09T00:00:00.000Z', endDate: '2026-03-14T00:00:00.000Z' };
  const answer = await availability({ mailboxes: ['dave@partner.example'], window }, CONTEXT);
  vi.unstubAllEnvs();
  written.mockRestore();
  // There is no policy here; the mode is not what is missing.
  const error = 'ErrorFreeBusyGenerationFailed';
  expect(answer).toEqual({ mailboxes: [{ mailbox: 'dave@partner.example', error }] });
});
