/** Address lists: RFC 5322 §3.4, its appendix A, and what people and attackers write instead. */
import fc from 'fast-check';
import { addressParser } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { parseAddressList, shownName } from '../../../shared/mime/address.ts';
import { cpuNow } from '../../support/cpu-time.ts';

function addresses(value: string): string[] {
  return parseAddressList(value).mailboxes.map(({ address }) => address);
}

describe('well-formed lists', () => {
  it.each([
    // RFC 5322 appendix A.1.1 to A.1.3
    ['John Doe <jdoe@machine.example>', [['John Doe', 'jdoe@machine.example']]],
    ['"Joe Q. Public" <john.q.public@example.com>', [['Joe Q. Public', 'john.q.public@example.com']]],
    [
      'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
      [
        ['Mary Smith', 'mary@x.test'],
        [undefined, 'jdoe@example.org'],
        ['Who?', 'one@y.test'],
      ],
    ],
    [
      '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
      [
        [undefined, 'boss@nil.test'],
        ['Giant; "Big" Box', 'sysservices@example.net'],
      ],
    ],
    [
      'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
      [
        ['Ed Jones', 'c@a.test'],
        [undefined, 'joe@where.test'],
        ['John', 'jdoe@one.test'],
      ],
    ],
    ['Undisclosed recipients:;', []],
    [
      'a@x.example; b@y.example',
      [
        [undefined, 'a@x.example'],
        [undefined, 'b@y.example'],
      ],
    ],
    [
      'A:a@x.example;, B: b@y.example, c@z.example; , d@w.example',
      [
        [undefined, 'a@x.example'],
        [undefined, 'b@y.example'],
        [undefined, 'c@z.example'],
        [undefined, 'd@w.example'],
      ],
    ],
    // Appendix A.5: white space and comments
    [
      'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
      [['Pete', 'pete@silly.test']],
      ['comment-in-address'],
    ],
    ["Chris <c@(Chris's host.)public.example>", [['Chris', 'c@public.example']], ['comment-in-address']],
    ['(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;', []],
    // Appendix A.6: obsolete forms
    ['Joe Q. Public <john.q.public@example.com>', [['Joe Q. Public', 'john.q.public@example.com']]],
    [
      'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example',
      [
        ['Mary Smith', 'mary@example.net'],
        [undefined, 'jdoe@test.example'],
      ],
      ['route', 'space-in-address'],
    ],
    ['<@a.test,@b.test:c@d.test>', [[undefined, 'c@d.test']], ['route']],
    ['jdoe@machine.test (John (the) Doe)', [['John (the) Doe', 'jdoe@machine.test']]],
    ['"a@b \\\\ c"@x.example', [[undefined, '"a@b \\\\ c"@x.example']]],
    ['"a".b@x.example', [[undefined, '"a".b@x.example']]],
    ['a@[192.0.2.1]', [[undefined, 'a@[192.0.2.1]']]],
    ['a@[IPv6:2001:db8::1]', [[undefined, 'a@[IPv6:2001:db8::1]']]],
    ['', []],
    [' , ,, ', []],
    ['Jürg <jürg@bücher.example>', [['Jürg', 'jürg@bücher.example']]],
  ] as const)('%s', (value, mailboxes, defects: readonly string[] = []) => {
    const found = parseAddressList(value);
    expect(found.mailboxes.map(({ displayName, address }) => [displayName, address])).toEqual(mailboxes);
    expect([...found.defects].sort()).toEqual([...defects].sort());
  });

  it('gives the domain in lower case', () => {
    expect(parseAddressList('A@ONE.Example').mailboxes).toEqual([
      { displayName: undefined, address: 'A@ONE.Example', domain: 'one.example' },
    ]);
  });
});

describe('defects', () => {
  it.each([
    ['"Ann <a@x.example>', 'unbalanced-quote', []],
    ['a@x.example (Ann', 'unbalanced-comment', ['a@x.example']],
    ['Ann <a@x.example', 'unbalanced-angle', ['a@x.example']],
    ['Ann> <a@x.example>', 'unbalanced-angle', ['a@x.example']],
    ['A:a@x.example', 'unclosed-group', ['a@x.example']],
    ['A:B:a@x.example;', 'bad-address', ['a@x.example']],
    ['<a@x.example>\\,<b@y.example>', 'backslash-outside-quotes', ['a@x.example', 'b@y.example']],
    ['Ann', 'no-address', []],
    ['a@["]', 'bad-address', []],
    ['(a@two.example), b@one.example', 'no-address', ['b@one.example']],
    ['Doe, John <j@x.example>', 'no-address', ['j@x.example']],
    ['<>', 'no-address', []],
    ['@x.example', 'bad-address', []],
    ['a@', 'bad-address', []],
    ['a@b@x.example', 'bad-address', []],
    ['a@"x.example"', 'bad-address', []],
    ['<a@x.example, b@y.example>', 'bad-address', []],
    ['a@x.example <b@y.example>', 'address-in-name', ['b@y.example']],
    ['<a@x.example> b@y.example', 'text-around-address', ['a@x.example']],
    ['<a@x.example><b@y.example>', 'text-around-address', ['a@x.example']],
    ['Ann a@x.example', 'text-around-address', ['a@x.example']],
    ['a@x.example Ann', 'text-around-address', ['a@x.example']],
    ['a(c)@x.example', 'comment-in-address', ['a@x.example']],
    ['a@x(c).example', 'comment-in-address', ['a@x.example']],
    ['a @ x.example', 'space-in-address', ['a@x.example']],
    ['a@x. example', 'space-in-address', ['a@x.example']],
    ['=?utf-8?q?a?=@x.example', 'encoded-word-in-address', ['=?utf-8?q?a?=@x.example']],
    ['a\0@x.example', 'control-character', ['a\0@x.example']],
    ['a@x.example\r\n, b@y.example', 'control-character', ['a@x.example', 'b@y.example']],
    ['a@x.example,\rb@y.example', 'control-character', ['a@x.example', 'b@y.example']],
    ['a@x.example,\nb@y.example', 'control-character', ['a@x.example', 'b@y.example']],
  ])('%o: %s', (value, defect, found) => {
    expect(parseAddressList(value).defects).toContain(defect);
    expect(addresses(value)).toEqual(found);
  });

  it('a list that is too long is cut', () => {
    const { mailboxes, defects } = parseAddressList('a@x.example,'.repeat(100_000));
    expect(mailboxes).toHaveLength(5_000);
    expect(defects).toEqual(expect.arrayContaining(['too-long', 'too-many']));
  });
});

describe('any text', () => {
  const atom = fc
    .stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,12}$/)
    .filter((text) => !text.includes('=?'));
  const dotAtom = fc.array(atom, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
  const words = fc.stringMatching(/^[ -~]{0,20}$/);
  const quoted = words.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  const host = fc
    .array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('.'));
  const mailbox = fc.record({
    name: fc.option(words, { nil: undefined }),
    local: fc.oneof(dotAtom, quoted),
    host,
  });

  it('what is written is read again', () => {
    fc.assert(
      fc.property(fc.array(mailbox, { maxLength: 6 }), (list) => {
        const text = list
          .map(({ name, local, host: domain }) => {
            const quotedName =
              name === undefined ? '' : `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}" `;
            return `${quotedName}<${local}@${domain}>`;
          })
          .join(', ');
        const wanted = list.map(({ name, local, host: domain }) => ({
          displayName: name,
          address: `${local}@${domain}`,
          domain,
        }));
        const found = parseAddressList(text);
        expect(found.mailboxes).toEqual(wanted);
        expect(found.defects.filter((defect) => defect !== 'encoded-word-in-address')).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  const pieces = fc.constantFrom(
    '<',
    '>',
    '@',
    ',',
    ';',
    ':',
    '"',
    '(',
    ')',
    '\\',
    '[',
    ']',
    '.',
    ' ',
    'a',
    'b@x.example',
    '=?utf-8?q?a?=',
    'é',
    '\t',
  );
  const grammar = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));
  it('gives addresses with one @ outside quotes and no blanks outside quotes', () => {
    fc.assert(
      fc.property(fc.oneof(grammar, fc.string({ unit: 'binary', maxLength: 80 })), (text) => {
        for (const { address, domain } of parseAddressList(text).mailboxes) {
          const bare = address.replace(/"(?:[^"\\]|\\[\s\S])*"/g, 'q');
          expect(bare.split('@')).toHaveLength(2);
          expect(bare).not.toMatch(/[ \t\r\n<>,;"]/);
          expect(address.toLowerCase().endsWith(`@${domain}`)).toBe(true);
        }
      }),
      { numRuns: 4_000 },
    );
  });

  it('agrees with postal-mime about every list without defects', () => {
    fc.assert(
      fc.property(fc.array(mailbox, { minLength: 1, maxLength: 4 }), fc.boolean(), (list, brackets) => {
        const text = list
          .filter(({ local }) => !local.startsWith('"'))
          .map(({ local, host: domain }) =>
            brackets ? `Ann Bee <${local}@${domain}>` : `${local}@${domain}`,
          )
          .join(', ');
        const theirs = addressParser(text).map(({ address }) => address);
        expect(addresses(text)).toEqual(theirs);
      }),
      { numRuns: 500 },
    );
  });
});

describe('time', () => {
  it.each([
    ['('],
    ['"'],
    ['<'],
    ['a. '],
    ['a@'],
    ['(a)'],
    ['"a"'],
    ['@a,'],
    [':'],
    ['\\'],
    ['a@['],
    ['<a@b '],
    [' '],
  ])('grows with the length alone: %o', (piece) => {
    const text = piece.repeat(Math.floor(262_144 / piece.length));
    const start = cpuNow();
    parseAddressList(text);
    // Some 20 ms; a quadratic reader would need minutes.
    expect(cpuNow() - start).toBeLessThan(2_000);
  });
});

describe('shownName', () => {
  it.each([
    ['=?utf-8?Q?Gr=C3=BCn?= <a@example.com>', 'Grün'],
    ['"=?utf-8?Q?x=40evil=2Eexample_=3Cy=40z=3E?=" <a@example.com>', 'x@evil.example <y@z>'],
    [`${Buffer.from('Grün').toString('latin1')} <a@example.com>`, 'Grün'],
    ['日本 <a@example.com>', '日本'],
    ['Ann Example <a@example.com>', 'Ann Example'],
    ['a@example.com', undefined],
  ])('%s', (list, name) => {
    const { mailboxes } = parseAddressList(list);
    expect(mailboxes).toHaveLength(1);
    expect(mailboxes.map(shownName)).toEqual([name]);
    expect(mailboxes[0]?.address).toBe('a@example.com');
  });
});
