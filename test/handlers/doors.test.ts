/** The exported handlers, with nothing but the environment. */
import { describe, expect, it } from 'vitest';
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
    const missing = name === 'journal' ? 'MAILROOM_JOURNAL_BUCKET' : 'POLICY_URI';
    await expect(handler(ruleEvent(), CONTEXT)).rejects.toThrow(missing);
  });
});
