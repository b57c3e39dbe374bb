/** RFC 7208 §7.4: its own examples of expansion. */
import { describe, expect, it } from 'vitest';
import { expandMacros, parseDomainSpec, parseMacroString } from '../../../../shared/auth/spf/macro.ts';

const VALUES = {
  s: 'strong-bad@email.example.com',
  l: 'strong-bad',
  o: 'email.example.com',
  d: 'email.example.com',
  i: '192.0.2.3',
  p: 'unknown',
  h: 'mx.example.org',
  v: 'in-addr',
};

async function expanded(text: string): Promise<string> {
  return expandMacros(parseMacroString(text) ?? [], (letter) => VALUES[letter]);
}

describe('macros', () => {
  it.for([
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{d1}', 'com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}', 'strong-bad'],
    ['%{l-}', 'strong.bad'],
    ['%{lr}', 'strong-bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{l1r-}', 'strong'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}', '3.2.0.192.in-addr.strong.lp._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
    ['%{S}', 'strong-bad%40email.example.com'],
    ['%%%_%-', '% %20'],
  ] as const)('%s', async ([text, result]) => {
    expect(await expanded(text)).toBe(result);
  });

  it.for(['%', '%x', '%{', '%{d', '%{d0}', '%{z}', '%{c}', '%{r}', '%{t}', '%{d2x}', 'a b', 'é', '%{d-r}'])(
    'refuses %s',
    (text) => {
      expect(parseMacroString(text)).toBeUndefined();
    },
  );

  it.for([
    ['example.com', true],
    ['example.com.', true],
    ['x.%{d}', true],
    ['example', false],
    ['192.0.2.3', false],
    ['example.-com', false],
    ['example.com-', false],
    ['example..', false],
    ['', false],
  ] as const)('%s ends as a domain: %s (§7.1)', ([text, valid]) => {
    expect(parseDomainSpec(text) !== undefined).toBe(valid);
  });
});
