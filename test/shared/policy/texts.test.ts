import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../shared/policy/index.ts';
import { htmlFragment, lines, oneLine } from '../../../shared/policy/texts.ts';

const refused = (checked: ReturnType<typeof oneLine>): boolean => 'why' in checked;

describe('texts of the policy', () => {
  it.each(['a\rb', 'a\nb', 'a\u2028b', 'a\u0007', 'a\u0000', 'a\tb', 'a\u009bb'])(
    'one line: not %j',
    (value) => {
      expect(refused(oneLine(value))).toBe(true);
    },
  );

  it.each(['a\u0000', 'a\u001b[31m', 'a\u009b'])('lines: not %j', (value) => {
    expect(refused(lines(value))).toBe(true);
    expect(lines('a\tb\r\nc\n')).toEqual({ value: 'a\tb\r\nc\n' });
  });

  it.each([
    '<!-- a --> b <!-- c',
    '--> <!--',
    '<p style="',
    'a < b',
    '<style>p{}',
    '<textarea>',
    '<plaintext>',
    '<template>x</template>',
    '<noscript>',
    '<select>',
    '<xmp>',
    '<p>\u0000</p>',
  ])('an HTML fragment: not %j', (value) => {
    expect(refused(htmlFragment(value))).toBe(true);
  });

  it.each(['<p>a</p>', '<!-- a --> b', '<style>p{}</style><p>a', 'plain', '<b>a &lt; b</b>', 'a > b'])(
    'an HTML fragment: %j',
    (value) => {
      expect(htmlFragment(value)).toEqual({ value });
    },
  );

  it('a tag that no subject can hold is an error of the policy, not one of each message', () => {
    const text =
      'version: 1\norganization: { domains: a.example }\nrules:\n  - { name: a, when: {}, do: [{ prependSubject: "a\\a" }] }\n';
    expect(parsePolicy(text, 'policy.yaml')).toMatchObject({
      ok: false,
      problems: [{ line: 4, column: 49 }],
    });
  });

  it('no number of warnings keeps an error from being told', () => {
    const one = (name: string, unless: string): string =>
      `  - { name: ${name}, when: { direction: inbound, senderScope: outside, recipientScope: outside }, unless: { ${unless} }, do: [{ prependSubject: a }] }\n`;
    const rules = Array.from({ length: 120 }, (_, index) => one(`r${index}`, 'from: a.example')).join('');
    const text = `version: 1\norganization: { domains: a.example }\nrules:\n${rules}${one('last', 'recipientMatch: any')}`;
    expect(parsePolicy(text, 'policy.yaml').ok).toBe(false);
  });
});
