import { expect, test } from 'vitest';
import type { ColdResult } from '../../bench/cold.ts';
import { coldReport, flowReport } from '../../bench/report.ts';

function result(name: string, kind: 'ours' | 'peer', factor: number): ColdResult {
  const subject = { name, kind, distDir: '', startBytes: 10_240 * factor, modules: [] };
  return {
    subject,
    importMs: 50 * factor,
    withSdkMs: 80 * factor,
    firstMs: 100 * factor,
    secondMs: 3 * factor,
  };
}

test('cold starts are given as ratios to the first, and in ms', () => {
  const results = [
    result('sdk-pair', 'peer', 1),
    result('mailflow', 'ours', 2),
    result('parser', 'peer', 0.5),
  ];
  const lines = coldReport(results, { runs: 3, messageBytes: 20_000 }).split('\n');
  const cells = (name: string): string[] => lines.find((line) => line.startsWith(name))?.split(/ +/) ?? [];
  expect(cells('sdk-pair')).toEqual(['sdk-pair', '1.00', '50', '1.00', '80', '1.00', '100', '3.0', '10']);
  expect(cells('mailflow')).toEqual(['mailflow', '2.00', '100', '2.00', '160', '2.00', '200', '6.0', '20']);
  expect(cells('parser')).toEqual(['parser', '0.50', '25', '-', '-', '0.50', '50', '1.5', '5']);
});

test('the flow is given as a ratio to the aim', () => {
  const load = { connections: 8, messages: 500, messageBytes: 4_000, perSecond: 0 };
  const report = flowReport([
    { load, perSecond: 100, p50Ms: 12, p99Ms: 34, cpuMs: { standIn: 5.25, sender: 0.3 } },
  ]);
  expect(report.split('\n').find((line) => line.startsWith('as fast'))).toMatch(
    /0\.50 +100 +12 +34 +5\.[23] +- +0\.3 +500$/,
  );
});

test('nothing measured gives nothing', () => {
  expect(coldReport([], { runs: 1, messageBytes: 1 })).toBe('');
  expect(flowReport([])).toBe('');
});
