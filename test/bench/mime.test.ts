import { describe, expect, test } from 'vitest';
import type { MimeResult, Reader, Reading } from '../../bench/mime.ts';
import { HOSTILE, HOSTILE_BYTES } from '../../bench/mime-hostile.ts';
import { LARGEST, MESSAGES } from '../../bench/mime-messages.ts';
import { work, workInOneBuffer } from '../../bench/mime-ours.ts';
import { mimeReport } from '../../bench/mime-report.ts';
import { askingPolicy, judge } from '../../bench/mime-step.ts';
import { work as passThrough } from '../../bench/peers/mailsplit.ts';
import { parseMessage } from '../../shared/mime/index.ts';

const small = MESSAGES.filter(({ name }) => name !== LARGEST);

describe('what is measured', () => {
  test.each(small)('gets a banner, in slices and in one buffer: $name', async ({ make }) => {
    const message = make();
    expect(parseMessage(message).defects).toEqual([]);
    const written = await work(message);
    expect(written.banner).toBe('edited');
    expect(workInOneBuffer(message)).toEqual(written);
    expect(await passThrough(message)).toBe(message.length);
  });

  test('has the sizes that it says', () => {
    const made = new Map(MESSAGES.map(({ name, make }) => [name, make()]));
    expect(Math.abs((made.get('5 MB')?.length ?? 0) - 5_000_000)).toBeLessThan(5_000);
    expect(Math.abs((made.get(LARGEST)?.length ?? 0) - 38 * 1024 * 1024)).toBeLessThan(5_000);
    // The multipart, the alternative and its two texts, the attachments.
    expect(parseMessage(made.get('5,000 parts') ?? Buffer.alloc(0)).parts).toHaveLength(5_004);
  });

  test('is hostile with 5 MB each, all different', () => {
    const seen = new Set<string>();
    for (const { name, make } of HOSTILE) {
      const message = make();
      expect(Math.abs(message.length - HOSTILE_BYTES), name).toBeLessThan(HOSTILE_BYTES / 20);
      seen.add(message.toString('latin1', 0, 4_000) + message.toString('latin1', message.length - 4_000));
    }
    expect(seen.size).toBe(HOSTILE.length);
  });

  test('asks for every condition of every rule', () => {
    const [message] = MESSAGES;
    const matches = judge(parseMessage(message?.make() ?? Buffer.alloc(0)), askingPolicy(10));
    expect(matches.map(({ conditions }) => conditions.length)).toEqual(Array(10).fill(16));
  });
});

const reader = (name: string): Reader => ({ name, kind: 'peer', url: '' });
const read = (ms: number, banner?: string): Reading => ({
  kind: 'read',
  firstMs: ms * 2,
  warmMs: ms,
  peakBytes: 90 * 1024 * 1024,
  banner,
});

function result(message: string, readings: Readonly<Record<string, Reading>>): MimeResult {
  return {
    message,
    bytes: 38 * 1024 * 1024,
    readings: Object.entries(readings).map(([name, reading]) => ({ reader: reader(name), reading })),
  };
}

describe('the report', () => {
  const figures = {
    messages: [result(LARGEST, { mailroom: read(20, 'edited'), mailsplit: read(210), python: read(900) })],
    hostile: [
      result('first', { mailroom: read(300, 'malformed'), mailsplit: { kind: 'refused' }, python: read(30) }),
      result('second', { mailroom: read(30, 'edited'), mailsplit: { kind: 'too-slow' }, python: read(60) }),
    ],
    rules: [result('20 KB', { mailroom: read(8) })],
    hasPython: true,
  };
  const line = (start: string): string =>
    mimeReport(figures, 3)
      .split('\n')
      .find((each) => each.startsWith(start)) ?? '';

  test('sets the aim beside what was reached', () => {
    expect(line('mailsplit takes')).toMatch(/ 10\.50 +10\.00$/);
    expect(line('python takes')).toMatch(/ 45\.00 +50\.00$/);
    expect(line('peak MB')).toMatch(/ 90 +98$/);
    expect(line('1000 rules')).toContain('8.0 ms warm, 16.0 ms at the first call; the aim: 20 ms');
  });

  test('counts the hostile messages that take too long, and says who gave up', () => {
    expect(mimeReport(figures, 3)).toContain('over it: 1 of 2');
    expect(line('first')).toMatch(/ 1\.20 +600 +90 +malformed +refused +0\.10$/);
    expect(line('second')).toMatch(/ 0\.12 +60 +90 +edited +over 20 s +2\.00$/);
  });

  test('says that there is no Python', () => {
    expect(mimeReport({ ...figures, hasPython: false }, 3)).toContain('Python is not measured');
    expect(mimeReport({ ...figures, messages: [] }, 3)).toBe('');
  });
});
