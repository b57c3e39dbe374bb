/** What must hold for every message and every rewrite of it. Throws with what was found; tests and the fuzzer share it. */
import {
  type ContentChange,
  decodeBody,
  decodeText,
  type Message,
  type Part,
  parseMessage,
  type RewriteResult,
  rewriteContent,
} from '../../../shared/mime/index.ts';
import { apply, coverFault, differsOnlyIn } from './support.ts';

export const BANNER = 'EXTERNAL: look twice before you click.';
export const NOTICE = 'Zweite Notiz \u2014 gr\u00fcn & <sch\u00f6n>.\n--b is no boundary here\n> nor a quote';
export const FOOTER = 'Confidential: example footer.';

export const CHANGES: readonly ContentChange[] = [
  { kind: 'prependDisclaimer', text: BANNER },
  { kind: 'prependDisclaimer', text: NOTICE },
  { kind: 'appendDisclaimer', text: FOOTER, html: `<i>${FOOTER}</i>` },
  { kind: 'prependSubject', tag: '[EXTERNAL]' },
  { kind: 'prependSubject', tag: '[\u00e4]' },
];

/** Without non-ASCII text: nothing has to be relabelled for these. */
export const ASCII_CHANGES: readonly ContentChange[] = CHANGES.filter(
  (change) => encodeURI(JSON.stringify(change)) === encodeURI(JSON.stringify(change)).replace(/%[89A-F]/, ''),
);

function fail(what: string): never {
  throw new Error(what);
}

/** Rewrites once, twice and three times, and checks all that can be known without knowing the message. */
export function checkRewrite(bytes: Uint8Array, changes: readonly ContentChange[]): RewriteResult {
  const before = parseMessage(bytes);
  const fault = coverFault(before);
  if (fault !== undefined) fail(`spans: ${fault}`);
  const result = rewriteContent(before, changes, { skipIfPresent: true });
  const output = apply(before, result.edits);
  checkSpans(before, output, result);
  const after = parseMessage(output);
  checkParts(before, after, result);
  checkAgain(after, changes, result);
  return result;
}

function checkSpans(before: Message, output: Uint8Array, { edits }: RewriteResult): void {
  const spans = edits.map(({ span, replacement }) => ({ ...span, bytesAfter: replacement.length }));
  if (!differsOnlyIn(before.bytes, output, spans)) fail('more differs than the edited spans');
  for (const { replacement } of edits) {
    const longest = Math.max(
      ...Buffer.from(replacement)
        .toString('latin1')
        .split(/\r?\n/)
        .map((line) => line.length),
    );
    if (longest > 998) fail(`a line of ${longest} octets`);
  }
}

function checkParts(before: Message, after: Message, result: RewriteResult): void {
  if (shape(before) !== shape(after)) fail(`parts were ${shape(before)} and are ${shape(after)}`);
  const edited = new Set(
    result.outcomes
      .flatMap((outcome) => (outcome.kind === 'edited' ? outcome.parts : []))
      .map(({ path }) => path),
  );
  for (const [index, part] of before.parts.entries()) {
    const now = after.parts[index];
    if (now === undefined || part.children.length > 0) continue;
    if (edited.has(part.path)) checkContent(before, part, after, now);
    else if (bodyOf(before, part) !== bodyOf(after, now)) fail(`the body of "${part.path}" changed`);
  }
}

function shape({ parts }: Message): string {
  return parts.map(({ path, contentType }) => `${path}:${contentType.mediaType}`).join(' ');
}

function bodyOf({ bytes }: Message, part: Part): string {
  return Buffer.from(bytes).toString('latin1', part.body.start, part.body.end);
}

/** The text of an edited part is the text of before, once what we put in and all white space is taken out. */
function checkContent(before: Message, part: Part, after: Message, now: Part): void {
  const damage = defectsOf(after, now).filter((kind) => !defectsOf(before, part).includes(kind));
  if (damage.length > 0) fail(`the encoding of "${part.path}" came to be damaged: ${damage.join()}`);
  const was = decodeText(before, part).text;
  const is = decodeText(after, now).text;
  if (content(is) !== content(was)) {
    fail(
      `the text of "${part.path}" was ${JSON.stringify(content(was))} and is ${JSON.stringify(content(is))}`,
    );
  }
}

const OURS = [
  /<table class="mailroom-[-a-z0-9]+" role="presentation"[\s\S]*?(?:EXTERNAL: look twice|Zweite Notiz|Confidential: example)[\s\S]*?<\/table>/g,
  /<!---->/g,
  new RegExp(BANNER, 'g'),
  /Zweite Notiz . grün & <schön>\.\r?\n ?--b is no boundary here\r?\n ?> nor a quote/g,
  /Zweite Notiz - grun & <schon>\.\r?\n ?--b is no boundary here\r?\n ?> nor a quote/g,
  new RegExp(FOOTER, 'g'),
];

function content(text: string): string {
  return OURS.reduce((rest, ours) => rest.replace(ours, ''), text).replace(/\s+/g, '');
}

/** A second and a third run add nothing. */
function checkAgain(after: Message, changes: readonly ContentChange[], first: RewriteResult): void {
  const second = rewriteContent(after, changes, { skipIfPresent: true });
  if (second.edits.length > 0) fail(`a second run edits again: ${JSON.stringify(second.outcomes)}`);
  for (const [index, outcome] of first.outcomes.entries()) {
    const again = second.outcomes[index];
    const expected = outcome.kind === 'edited' ? 'already-present' : outcome.reason;
    const found = again?.kind === 'untouched' ? again.reason : 'edited';
    if (found !== expected) fail(`change ${index} was ${JSON.stringify(outcome)} and then ${found}`);
  }
}

function defectsOf(message: Message, part: Part): readonly string[] {
  const decoded = decodeBody(message, part);
  return decoded.kind === 'decoded' ? decoded.defects : ['unknown-encoding'];
}
