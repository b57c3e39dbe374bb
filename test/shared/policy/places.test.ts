import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../shared/policy/index.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const placeOf = (text: string): string => {
  const parsed = parsePolicy(text, 'policy.yaml');
  const first = parsed.ok ? undefined : parsed.problems[0];
  return `${first?.line}:${first?.column}`;
};

describe('line and column', () => {
  it.each([
    ['LF', 'version: 1\norganization: { domains: a.example }\nx: 1\n', '3:1'],
    ['CRLF', 'version: 1\r\norganization: { domains: a.example }\r\nx: 1\r\n', '3:1'],
    ['after a byte order mark', '\ufeffx: 1\nversion: 1\norganization: { domains: a.example }\n', '1:1'],
    ['on the second line after one', '\ufeffversion: 1\nx: 1\norganization: { domains: a.example }\n', '2:1'],
    [
      'after characters beyond ASCII',
      'version: 1\norganization: { domains: "\u00e4\u00f6.example", x: 1 }\n',
      '2:40',
    ],
    ['after tabs', 'version: 1\norganization: {\tdomains: a.example,\tx: 1 }\n', '2:37'],
    ['without a last line end', 'version: 1\norganization: { domains: a.example }\nx: 1', '3:1'],
  ])('%s', (_what, text, place) => {
    expect(placeOf(text)).toBe(place);
  });

  it.each(['[', '- ', '"', '|\n', ' a: b\n', ',', '&a '])('in short time on %j again and again', (piece) => {
    const parse = (length: number): number =>
      cpuTime(() => {
        for (const start of ['', 'version: ', 'a: [']) {
          const text = start + piece.repeat(Math.floor(length / piece.length));
          expect(parsePolicy(text, 'policy.yaml').ok).toBe(false);
        }
      });
    parse(1_000);
    // 200 ms on an idle machine.
    expect(parse(12_000)).toBeLessThan(1_500);
  });

  it('nested deeper than the stack of the parser is an error of the policy, never thrown', () => {
    // The recursion of the parser for flow lists ends at the stack before 4,000 levels.
    expect(parsePolicy(`a: [${' a: b\n'.repeat(10_000)}`, 'policy.yaml').ok).toBe(false);
  });
});
