/** More markup than is looked at (MAX_HTML_TOKENS): what takes something out says that it did not, alone or among others. */
import { expect, it } from 'vitest';
import { type BodyChange, parseMessage, rewriteContent } from '../../../../shared/mime/index.ts';
import { MAX_HTML_TOKENS } from '../../../../shared/mime/limits.ts';
import { apply } from '../support.ts';

const TOO_LARGE = { kind: 'untouched', reason: 'too-large', path: '' };
const LAST = '<p style="background:url(http://t.example/)" onclick=1 hidden></p>';
/** The tokens of the last paragraph, and its attributes. */
const IN_LAST = 5;

function rewritten(tokens: number, changes: readonly BodyChange[]) {
  const body = '<b>'.repeat(tokens - IN_LAST) + LAST;
  const message = parseMessage(Buffer.from(`Content-Type: text/html\r\n\r\n${body}`));
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: true });
  return { outcomes, isGone: !apply(message, edits).includes('onclick') };
}

const active: BodyChange = { kind: 'removeActiveContent' };
const banner: BodyChange = { kind: 'prependDisclaimer', text: 'Look twice.' };

it('is looked at up to the limit', () => {
  expect(rewritten(MAX_HTML_TOKENS, [active])).toMatchObject({
    outcomes: [{ kind: 'edited' }],
    isGone: true,
  });
  expect(rewritten(MAX_HTML_TOKENS, [active, banner])).toMatchObject({ isGone: true });
});

it('is left beyond it, and gets its banner all the same', () => {
  expect(rewritten(MAX_HTML_TOKENS + 1, [active])).toEqual({ outcomes: [TOO_LARGE], isGone: false });
  const several: readonly BodyChange[] = [
    active,
    { kind: 'removeTracking', images: 'remote' },
    { kind: 'defangLinks', exempt: [] },
    { kind: 'prefixLinks', prefix: 'https://links.example/?', exempt: [] },
  ];
  // Some do not look at the attributes of each tag; the tags alone are too many here.
  const { outcomes } = rewritten(MAX_HTML_TOKENS + IN_LAST, [banner, ...several]);
  expect(outcomes).toMatchObject([{ kind: 'edited' }, TOO_LARGE, TOO_LARGE, TOO_LARGE, TOO_LARGE]);
});
