/** RFC 8601 fields of the standard, of other projects and of the corpora, read. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAuthenticationResults } from '../../../shared/auth/authentication-results/parse.ts';
import { headerFields, parseMessage, rawHeaderText } from '../../../shared/mime/index.ts';
import { DKIM_VERIFIER, GO_MSGAUTH, HOSTILE, MOX, RFC8601, RSPAMD } from './cases.ts';

/** The notation of cases.ts. */
function said(value: string): readonly string[] | undefined {
  const parsed = parseAuthenticationResults(value);
  if (!parsed.ok) return undefined;
  const results = parsed.value.results.map(({ method, result, reason, properties }) => {
    const pairs = properties.map(({ type, name, value }) => ` ${type}.${name}=${value}`).join('');
    return `${method}=${result}${pairs}${reason === undefined ? '' : ` (${reason})`}`;
  });
  return [parsed.value.authservId, ...results];
}

describe.each([
  ['RFC 8601 Appendix B', RFC8601],
  ['mox', MOX],
  ['go-msgauth', GO_MSGAUTH],
  ['rspamd', RSPAMD],
  ['dkim_verifier', DKIM_VERIFIER],
  ['what must not be read', HOSTILE],
] as const)('%s', (_, cases) => {
  it.for([...cases])('$name', ({ value, says }) => {
    expect(said(value)).toEqual(says);
  });
});

const folder = join(process.env['MAILROOM_CORPORA'] ?? '', 'auth/dkim_verifier/arh');

/** Fields that dkim_verifier itself takes for broken: no authserv-id, and a slash in one. */
const REFUSED = new Map([
  ['multiple_arh-newest_no_authserv.eml', [0, 2]],
  ['multiple_arh-newest_parsing_error_02.eml', [0, 2]],
  ['multiple_arh-same_and_different_authserv.eml', [5]],
]);

describe.skipIf(!existsSync(folder))('dkim_verifier’s messages (set MAILROOM_CORPORA to run)', () => {
  const files = existsSync(folder) ? readdirSync(folder) : [];

  it('are 21', () => {
    expect(files.length).toBe(21);
  });

  it.for(files)('%s', (file) => {
    const message = parseMessage(readFileSync(join(folder, file)));
    const fields = headerFields(message.root.header, 'Authentication-Results');
    const refused = fields.flatMap((field, at) =>
      said(rawHeaderText(message, field)) === undefined ? [at] : [],
    );
    expect(fields.length).toBeGreaterThan(0);
    expect(refused).toEqual(REFUSED.get(file) ?? []);
  });

  it('multiple_dkim_results.eml: every result in its order', () => {
    const message = parseMessage(readFileSync(join(folder, 'multiple_dkim_results.eml')));
    const [field] = headerFields(message.root.header, 'Authentication-Results');
    expect(field === undefined ? undefined : said(rawHeaderText(message, field))).toEqual([
      'example.net',
      'dkim=fail header.d=example.com',
      'dkim=pass header.d=unrelated.org',
      'dkim=pass header.d=example.com',
      'dkim=fail header.d=example.com (test failure)',
      'dkim=fail header.d=unrelated.org (test failure signed by unrelated)',
      'dkim=fail header.d=example.com',
      'dkim=pass header.d=example.org',
    ]);
  });
});
