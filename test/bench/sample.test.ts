import { describe, expect, test } from 'vitest';
import { AVAILABILITY_EVENT, ruleEvent, sampleMessage } from '../../bench/sample.ts';
import { parseMessage } from '../../shared/mime/index.ts';
import { decodeCapRequest } from '../../shared/workmail/cap.ts';
import { decodeRuleEvent } from '../../shared/workmail/event.ts';

describe('what is measured', () => {
  test.each([4_000, 20_000])(
    'is a message of about %i bytes, with text and HTML and without defects',
    (bytes) => {
      const message = sampleMessage('one', bytes);
      expect(Math.abs(message.length - bytes)).toBeLessThan(200);
      const { root, parts, defects } = parseMessage(message);
      expect(root.contentType.mediaType).toBe('multipart/alternative');
      expect(parts.map((part) => part.contentType.mediaType).slice(1)).toEqual(['text/plain', 'text/html']);
      expect(defects).toEqual([]);
    },
  );

  test('has no line that SMTP would have to stuff', () => {
    expect(sampleMessage('one', 4_000).toString('latin1')).not.toMatch(/\n\./);
  });

  test('is an event that the functions take', () => {
    expect(decodeRuleEvent(ruleEvent('00000000-0000-7000-8000-000000000000', 'one'))).toMatchObject({
      ok: true,
      notes: [],
    });
    expect(decodeCapRequest(AVAILABILITY_EVENT)).toMatchObject({ kind: 'request', notes: [] });
  });
});
