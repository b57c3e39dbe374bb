import { expect, it } from 'vitest';
import { createLog, withFields } from '../../../handlers/edge/log.ts';

it('writes one JSON line a record, from the given level on', () => {
  const lines: string[] = [];
  const log = withFields(
    createLog('warn', (line) => lines.push(line)),
    { messageId: 'm' },
  );
  log({ level: 'info', event: 'skip' });
  log({ level: 'warn', event: 'decision', reason: 'a\nb' });
  log({ level: 'error', event: 'failure' });
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    { level: 'warn', event: 'decision', reason: 'a\nb', messageId: 'm' },
    { level: 'error', event: 'failure', messageId: 'm' },
  ]);
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
});
