/** Authentication-Results fields from the standard, from other projects' tests and from large receivers, and what they say. */

export interface Case {
  readonly name: string;
  /** The value of the field. */
  readonly value: string;
  /** The authserv-id, then each result: `method=result type.name=value … (reason)`. Undefined: refused. */
  readonly says: readonly string[] | undefined;
}

const fold = (...lines: readonly string[]): string => lines.join('\r\n   ');

/** RFC 8601 Appendix B. */
export const RFC8601: readonly Case[] = [
  { name: 'B.2 no authentication done', value: 'example.org 1; none', says: ['example.org'] },
  {
    name: 'B.3 authentication done',
    value: fold('example.com;', 'spf=pass smtp.mailfrom=example.net'),
    says: ['example.com', 'spf=pass smtp.mailfrom=example.net'],
  },
  {
    name: 'B.4 several authentications, first field',
    value: fold(
      'example.com;',
      'auth=pass (cram-md5) smtp.auth=sender@example.net;',
      'spf=pass smtp.mailfrom=example.net',
    ),
    says: ['example.com', 'auth=pass smtp.auth=sender@example.net', 'spf=pass smtp.mailfrom=example.net'],
  },
  {
    name: 'B.4 several authentications, second field',
    value: fold('example.com; iprev=pass', 'policy.iprev=192.0.2.200'),
    says: ['example.com', 'iprev=pass policy.iprev=192.0.2.200'],
  },
  {
    name: 'B.5 different MTAs, first field',
    value: fold('example.com;', 'dkim=pass (good signature) header.d=example.com'),
    says: ['example.com', 'dkim=pass header.d=example.com'],
  },
  {
    name: 'B.5 different MTAs, second field',
    value: fold(
      'example.com;',
      'auth=pass (cram-md5) smtp.auth=sender@example.com;',
      'spf=fail smtp.mailfrom=example.com',
    ),
    says: ['example.com', 'auth=pass smtp.auth=sender@example.com', 'spf=fail smtp.mailfrom=example.com'],
  },
  {
    name: 'B.6 multi-tiered, first field',
    value: fold(
      'example.com;',
      'dkim=pass reason="good signature"',
      'header.i=@mail-router.example.net;',
      'dkim=fail reason="bad signature"',
      'header.i=@newyork.example.com',
    ),
    says: [
      'example.com',
      'dkim=pass header.i=@mail-router.example.net (good signature)',
      'dkim=fail header.i=@newyork.example.com (bad signature)',
    ],
  },
  {
    name: 'B.6 multi-tiered, second field',
    value: fold('example.net;', 'dkim=pass (good signature) header.i=@newyork.example.com'),
    says: ['example.net', 'dkim=pass header.i=@newyork.example.com'],
  },
  {
    name: 'B.7 comments everywhere',
    value: fold(
      'foo.example.net (foobar) 1 (baz);',
      'dkim (Because I like it) / 1 (One yay) = (wait for it) fail',
      'policy (A dot can go here) . (like that) expired',
      "(this surprised me) = (as I wasn't expecting it) 1362471462",
    ),
    says: ['foo.example.net', 'dkim=fail policy.expired=1362471462'],
  },
];

/** mjl-/mox message/authresults_test.go (MIT). */
export const MOX: readonly Case[] = [
  {
    name: 'U-labels, a comment first',
    value: '(xn--mx-lka.example) møx.example;\r\n\tdkim=pass header.d=møx.example (xn--mx-lka.example)\r\n',
    says: ['møx.example', 'dkim=pass header.d=møx.example'],
  },
  {
    name: 'localhost',
    value: 'localhost;\n\tauth=pass smtp.mailfrom=mox+qvpVtG6ZQg-vJmN_beaGyQ@localhost\n',
    says: ['localhost', 'auth=pass smtp.mailfrom=mox+qvpVtG6ZQg-vJmN_beaGyQ@localhost'],
  },
  {
    name: 'quoted and unquoted base64',
    value: fold(
      'komijn.test.xmox.nl;',
      'iprev=pass (without dnssec) policy.iprev=198.2.145.102;',
      'dkim=pass (2048 bit rsa, without dnssec) header.d=mandrillapp.com',
      'header.s=mte1 header.a=rsa-sha256 header.b="CfNW8cht1/v3";',
      'dmarc=pass (without dnssec) header.from=letsencrypt.org',
    ),
    says: [
      'komijn.test.xmox.nl',
      'iprev=pass policy.iprev=198.2.145.102',
      'dkim=pass header.d=mandrillapp.com header.s=mte1 header.a=rsa-sha256 header.b=CfNW8cht1/v3',
      'dmarc=pass header.from=letsencrypt.org',
    ],
  },
  {
    name: 'Google',
    value: fold(
      'mx.google.com;',
      'dkim=pass header.i=@test.xmox.nl header.s=2022b header.b="Z9k/yZIA";',
      'spf=pass (google.com: domain of mjl@test.xmox.nl designates 2a02:2770::1 as permitted sender) smtp.mailfrom=mjl@test.xmox.nl;',
      'dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=test.xmox.nl',
    ),
    says: [
      'mx.google.com',
      'dkim=pass header.i=@test.xmox.nl header.s=2022b header.b=Z9k/yZIA',
      'spf=pass smtp.mailfrom=mjl@test.xmox.nl',
      'dmarc=pass header.from=test.xmox.nl',
    ],
  },
  {
    name: 'Yahoo: an underscore, a comment without a blank before it, a semicolon at the end',
    value: fold(
      'atlas220.free.mail.bf1.yahoo.com;',
      'dkim=perm_fail header.i=@ueber.net header.s=2023a;',
      'spf=pass smtp.mailfrom=ueber.net;',
      'dmarc=pass(p=REJECT) header.from=ueber.net;',
    ),
    says: [
      'atlas220.free.mail.bf1.yahoo.com',
      'dkim=perm_fail header.i=@ueber.net header.s=2023a',
      'spf=pass smtp.mailfrom=ueber.net',
      'dmarc=pass header.from=ueber.net',
    ],
  },
  {
    name: 'Proton: a hyphen in a property',
    value: 'mail.protonmail.ch; arc=none smtp.remote-ip=84.22.96.237\n',
    says: ['mail.protonmail.ch', 'arc=none smtp.remote-ip=84.22.96.237'],
  },
  {
    name: 'a reason and nothing else',
    value: 'host.example;\n dkim=none reason="no dkim signatures"\n',
    says: ['host.example', 'dkim=none (no dkim signatures)'],
  },
  {
    // mox refuses it for `action=none`, which is no property; it can mean nothing else here, and is skipped.
    name: 'Outlook: a pair without a property type, a reason behind',
    value: fold(
      'x; spf=pass (sender IP is 84.22.96.237)',
      'smtp.mailfrom=ueber.net; dkim=pass (signature was verified)',
      'header.d=ueber.net;dmarc=pass action=none header.from=ueber.net;compauth=pass',
      'reason=100',
    ),
    says: [
      'x',
      'spf=pass smtp.mailfrom=ueber.net',
      'dkim=pass header.d=ueber.net',
      'dmarc=pass header.from=ueber.net',
      'compauth=pass (100)',
    ],
  },
];

/** emersion/go-msgauth authres/{msgauth,parse}_test.go (MIT); what is in RFC 8601 as well is left out. */
export const GO_MSGAUTH: readonly Case[] = [
  // go-msgauth reads nothing out of it; there is no authserv-id, so it is refused.
  { name: 'nothing at all', value: '', says: undefined },
  { name: 'none without a version', value: 'example.org; none', says: ['example.org'] },
  {
    name: 'folded behind blanks',
    value: 'example.com; \r\n \t spf=pass smtp.mailfrom=example.net',
    says: ['example.com', 'spf=pass smtp.mailfrom=example.net'],
  },
  {
    name: 'a semicolon at the end',
    value: 'example.com; auth=pass (cram-md5) smtp.auth=sender@example.com;',
    says: ['example.com', 'auth=pass smtp.auth=sender@example.com'],
  },
  {
    name: 'a method with a hyphen, a word that RFC 8601 does not have',
    value: 'example.com; sender-id=hardfail header.from=example.com; dkim=pass header.i=sender@example.com',
    says: [
      'example.com',
      'sender-id=hardfail header.from=example.com',
      'dkim=pass header.i=sender@example.com',
    ],
  },
];

/** rspamd test/lua/unit/lua_auth_results.lua (Apache-2.0), without the instance. */
export const RSPAMD: readonly Case[] = [
  {
    name: 'quotes within a comment',
    value: 'mx.example.com; arc=pass ("mail.example.com:s=selector1:i=2"); dkim=pass header.d=example.com',
    says: ['mx.example.com', 'arc=pass', 'dkim=pass header.d=example.com'],
  },
  {
    name: 'a semicolon within a comment',
    value: 'mx.example.com; spf=pass (something; tricky) smtp.mailfrom=user@example.com',
    says: ['mx.example.com', 'spf=pass smtp.mailfrom=user@example.com'],
  },
  {
    name: 'a semicolon within a quoted string',
    value: 'mx.example.com; dkim=pass reason="foo;bar" header.d=example.com',
    says: ['mx.example.com', 'dkim=pass header.d=example.com (foo;bar)'],
  },
  {
    name: 'comments in a comment',
    value: 'mx.example.com; dmarc=pass (policy=none (nested)) header.from=example.com',
    says: ['mx.example.com', 'dmarc=pass header.from=example.com'],
  },
];

/** lieser/dkim_verifier test/unittest/arhParserSpec.mjs.js (MIT); what is in RFC 8601 as well is left out. */
export const DKIM_VERIFIER: readonly Case[] = [
  { name: 'authserv-id in quotes', value: '"example.org"; none', says: ['example.org'] },
  { name: 'a result in mixed case', value: 'example.com; spf=Pass', says: ['example.com', 'spf=pass'] },
  { name: 'an unknown method', value: 'example.com; unknown=foo', says: ['example.com', 'unknown=foo'] },
  {
    name: 'a value with a slash, not in quotes',
    value: fold('example.com;', 'dkim=pass header.b=gfT/i2HB'),
    says: ['example.com', 'dkim=pass header.b=gfT/i2HB'],
  },
  {
    name: 'a folded value with a colon, not in quotes',
    value: fold('example.com;', 'bimi=pass policy.authority-uri=', 'https://mark.example/amazon.pem'),
    says: ['example.com', 'bimi=pass policy.authority-uri=https://mark.example/amazon.pem'],
  },
  {
    name: 'an identity with a plus sign',
    value: fold('example.net;', 'dkim=pass header.i=dkim+foo-bar@example.github.com'),
    says: ['example.net', 'dkim=pass header.i=dkim+foo-bar@example.github.com'],
  },
  {
    name: 'quoted domain and identity',
    value: fold('example.net;', 'dkim=pass header.d="github.com" header.i="dkim+foo@github.com"'),
    says: ['example.net', 'dkim=pass header.d=github.com header.i=dkim+foo@github.com'],
  },
  {
    name: 'a reason without quotes',
    value: fold('example.com;', 'dkim=fail reason=reasonToken'),
    says: ['example.com', 'dkim=fail (reasonToken)'],
  },
  { name: 'U-labels in quotes', value: '"日本語.jp"; none', says: ['日本語.jp'] },
  // dkim_verifier wants quotes here; mox writes it without (above), and there is one reading only.
  { name: 'U-labels without quotes', value: 'éxamplé.org; none', says: ['éxamplé.org'] },
  {
    name: 'UTF-8 in an identity',
    value: fold('example.net;', 'dkim=pass header.i=Pelé@example.com'),
    says: ['example.net', 'dkim=pass header.i=Pelé@example.com'],
  },
];

/** What a sender could have smuggled into a field that somebody else wrote (CVE-2020-12272), and damage. */
export const HOSTILE: readonly Case[] = [
  { name: 'a comment that does not end', value: 'x; spf=pass smtp.mailfrom=a@b.example (c', says: undefined },
  {
    name: 'a comment that a sender opened within a value',
    value: 'x; spf=pass smtp.mailfrom=any@legitimate.example(.attack.example',
    says: undefined,
  },
  {
    name: 'a comment within a value, closed',
    value: 'x; spf=pass smtp.mailfrom=any@legitimate.example(a).attack.example',
    says: undefined,
  },
  {
    name: 'a comment at once behind a value',
    value: 'x; spf=pass smtp.mailfrom=any@legitimate.example(.attack.example)',
    says: undefined,
  },
  { name: 'a quote within a value', value: 'x; dkim=pass header.d=a"; dmarc=pass; "', says: undefined },
  {
    name: 'a quote that does not end',
    value: 'x; dkim=pass header.d="a.example; dmarc=pass',
    says: undefined,
  },
  {
    name: 'text at once behind a quoted value',
    value: 'x; dkim=pass header.d="a"b.example',
    says: undefined,
  },
  { name: 'a backslash within a value', value: 'x; dkim=pass header.d=a\\;dmarc=pass', says: undefined },
  { name: 'a closing parenthesis alone', value: 'x; dkim=pass) header.d=a.example', says: undefined },
  { name: 'NUL', value: 'x; dkim=pass header.d=a.example\0.b.example', says: undefined },
  { name: 'a bare CR', value: 'x; dkim=pass\r dmarc=pass', says: undefined },
  {
    name: 'a value that could be the next property',
    value: 'x; spf=pass smtp.mailfrom= header.from=bank.example',
    says: undefined,
  },
  {
    name: 'an empty value',
    value: 'x; spf=none smtp.mailfrom=; dmarc=pass header.from=a.example',
    says: ['x', 'spf=none smtp.mailfrom=', 'dmarc=pass header.from=a.example'],
  },
  {
    name: 'a quoted local part with a result in it',
    value: 'x; spf=pass smtp.mailfrom="a; dmarc=pass header.from=bank.example"@attack.example',
    says: ['x', 'spf=pass smtp.mailfrom="a; dmarc=pass header.from=bank.example"@attack.example'],
  },
  { name: 'another version', value: 'x 2; dkim=pass', says: undefined },
  { name: 'another version of a method', value: 'x; dkim/2=pass; spf=fail', says: ['x', 'spf=fail'] },
  { name: 'no authserv-id', value: 'dkim=pass header.d=a.example; spf=pass', says: undefined },
  { name: 'two words as authserv-id', value: 'x y; dkim=pass', says: undefined },
  { name: 'no result', value: 'x;', says: undefined },
  { name: 'authserv-id alone', value: 'x', says: undefined },
  { name: 'none beside a result', value: 'x; none; dkim=pass', says: undefined },
  { name: 'an empty result', value: 'x;; dkim=pass', says: undefined },
  { name: 'two reasons', value: 'x; dkim=pass reason=a reason=b', says: undefined },
  { name: 'words behind a result', value: 'x; dkim=pass good', says: undefined },
  { name: 'properties that touch', value: 'x; dkim=pass header.d="a"header.s=b', says: undefined },
];
