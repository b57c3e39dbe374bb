import { describe, expect, it } from 'vitest';
import type { AuthReading } from '../../bench/auth.ts';
import { AUTH_MESSAGES } from '../../bench/auth-messages.ts';
import { work } from '../../bench/auth-ours.ts';
import { authReport } from '../../bench/auth-report.ts';
import { BENCH_KEY } from '../../bench/auth-zone.ts';
import { RSA } from '../shared/auth/dkim/support.ts';

const reading = (warmMs: number): AuthReading => ({
  firstMs: 10,
  warmMs,
  peakBytes: 2 * 1024 * 1024,
  answer: { dmarc: 'pass', passing: 1, queries: 3 },
});

describe('the benchmark of authentication', () => {
  it('tells ratios to the last reader, and who was not waited for', () => {
    const [message] = AUTH_MESSAGES;
    if (message === undefined) throw new Error('no messages');
    const readings = [
      { reader: 'mailroom', reading: reading(1) },
      { reader: 'mailauth', reading: reading(2) },
    ];
    const slow = [...readings.slice(0, 1), { reader: 'mailauth', reading: undefined }];
    const report = authReport(
      {
        imports: [{ reader: 'mailroom', importMs: 12.5, bytes: 40 * 1024 }],
        messages: [
          { message, bytes: 50 * 1024, readings },
          { message, bytes: 50 * 1024, readings: slow },
        ],
      },
      3,
    );
    expect(report).toMatch(/50 KB {2}mailroom +50 +0\.50 +10\.0 +1\.0 +3 +2\.0 +pass, 1\n +mailauth +1\.00/);
    expect(report).toMatch(/mailauth +- +above 20000\n/);
    expect(report).toMatch(/mailroom +12\.5 +40\n/);
  });

  it('has messages that verify, and hostile ones that stay within their share of questions', async () => {
    process.env[BENCH_KEY] = RSA.published;
    const small = AUTH_MESSAGES.filter(({ name }) => !name.startsWith('25 MB'));
    expect(small.filter(({ hostile }) => hostile).length).toBeGreaterThan(3);
    for (const { name, hostile, make } of small) {
      const { dmarc, passing, queries } = await work(Buffer.from(make(RSA), 'latin1'));
      expect(queries, name).toBeLessThanOrEqual(20);
      if (!hostile) expect([dmarc, passing], name).toEqual(['pass', 1]);
    }
  });
});
