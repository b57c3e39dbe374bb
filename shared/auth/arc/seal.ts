/** Seals a message that is handed on (RFC 8617 §5.1): one more set, whose seal covers those before it. */
import type { KeyObject } from 'node:crypto';
import type { Message } from '../../mime/types.ts';
import { parseAuthenticationResults } from '../authentication-results/parse.ts';
import type { ArcEvidence } from '../evidence-types.ts';
import { bodyHashes } from '../signatures/body-hash.ts';
import { canonicalField, relaxedField } from '../signatures/canonical-header.ts';
import { type SignableHeader, signableHeader } from '../signatures/fields.ts';
import { createSignature } from '../signatures/verify.ts';
import { MAX_SETS } from './limits.ts';
import { collectSets, newestInstance, RESULTS, SEAL, SIGNATURE } from './sets.ts';

export interface SealArcInput {
  /** `d=` and `s=`: where the public key is. */
  readonly domain: string;
  readonly selector: string;
  /** RSA or Ed25519. */
  readonly privateKey: KeyObject;
  /** What was found when the message came, as `writeAuthenticationResults` writes it; the result `arc` among it. */
  readonly results: string;
  /** The chain's status when the message came, before anything was changed (§5.1 step 1). */
  readonly received: ArcEvidence['result'];
  /** Names of the fields that are signed; those that are usual by default. */
  readonly signedNames?: readonly string[];
  /** Seconds since 1970. */
  readonly signedAt: number;
  /** The body in slices, where the octets of the message end with its header or soon after; those of the message by default. */
  readonly body?: readonly Uint8Array[];
}

export type SealedArc =
  /** The fields that go on top of the message, in that order, each with CRLF at its end. */
  | { readonly ok: true; readonly fields: readonly Uint8Array[] }
  | {
      readonly ok: false;
      readonly why:
        | 'header-too-large'
        | 'header-malformed'
        | 'results'
        | 'temperror'
        | 'sealed-as-failed'
        | 'too-many-sets'
        | 'chain';
    };

/** RFC 6376 §5.4.1, and the marks of lists. Not Authentication-Results, which others remove (RFC 8617 §4.1.2). */
const USUAL_NAMES: readonly string[] = [
  ...['from', 'reply-to', 'sender', 'subject', 'date', 'message-id', 'to', 'cc', 'in-reply-to', 'references'],
  ...['mime-version', 'content-type', 'content-transfer-encoding'],
  ...['list-id', 'list-post', 'list-unsubscribe', 'dkim-signature'],
];
/** Against a message with hundreds of DKIM-Signature fields, whose `h=` no verifier would read. */
const MAX_USUAL_NAMES = 100;
/** RFC 5322 §2.1.1: lines have 78 characters. */
const FOLD_CHARS = 72;
/** They must not have more than 998: a signature stays on one line as long as it fits, as the ARC test suite has it. */
const MAX_SIGNATURE_LINE = 900;

/** The three fields, or why the message cannot be sealed. Throws when the key is neither RSA nor Ed25519. */
export function sealArc(message: Message, input: SealArcInput): SealedArc {
  const header = signableHeader(message);
  if (header === undefined) return { ok: false, why: 'header-too-large' };
  // Others would read another message below the same seal.
  if (header.malformed) return { ok: false, why: 'header-malformed' };
  if (!parseAuthenticationResults(input.results).ok) return { ok: false, why: 'results' };
  const place = placeIn(header, input.received);
  if (typeof place === 'string') return { ok: false, why: place };
  const algorithm = algorithmOf(input.privateKey);
  const own = [
    relaxed(RESULTS, `i=${place.instance}; ${input.results.trim()}`),
    relaxed(SIGNATURE, signatureValue(message, header, { ...input, ...place, algorithm })),
  ] as const;
  const tags = {
    a: algorithm,
    b: '',
    cv: place.status,
    d: input.domain,
    i: `${place.instance}`,
    s: input.selector,
  };
  const unsigned = tagText({ ...tags, t: `${input.signedAt}` });
  const b = sign(input, algorithm, [
    ...place.before,
    ...own.map(({ canonical }) => canonical),
    relaxedField(SEAL, Buffer.from(` ${unsigned}`), false),
  ]);
  const seal = relaxed(SEAL, withSignature(unsigned, b));
  return { ok: true, fields: [seal, own[1], own[0]].map(({ bytes }) => bytes) };
}

interface Place {
  readonly instance: number;
  readonly status: 'none' | 'pass' | 'fail';
  /** What the seal covers beside its own set. */
  readonly before: readonly Uint8Array[];
}

type Refusal = Extract<SealedArc, { ok: false }>['why'];

function placeIn(header: SignableHeader, received: ArcEvidence['result']): Place | Refusal {
  // Whoever comes after could not tell a chain that was broken from one that we could not check.
  if (received === 'temperror') return 'temperror';
  const { instance, failed } = newestInstance(header);
  // §5.1 step 2: nothing is added to a chain that is known to be broken.
  if (failed) return 'sealed-as-failed';
  if (instance >= MAX_SETS) return 'too-many-sets';
  if (received === 'none') return instance === 0 ? { instance: 1, status: 'none', before: [] } : 'chain';
  if (instance === 0) return 'chain';
  // §5.1.2: the seal of a broken chain covers its own set alone.
  if (received === 'fail') return { instance: instance + 1, status: 'fail', before: [] };
  const collected = collectSets(header);
  if (!collected.ok) return 'chain';
  const before = collected.sets.flatMap(({ results, signature, seal }) =>
    [results, signature, seal].map(({ field }) => canonicalField(header.bytes, field, 'relaxed')),
  );
  return { instance: instance + 1, status: 'pass', before };
}

type Algorithm = 'rsa-sha256' | 'ed25519-sha256';

function algorithmOf({ asymmetricKeyType }: KeyObject): Algorithm {
  if (asymmetricKeyType === 'rsa') return 'rsa-sha256';
  if (asymmetricKeyType === 'ed25519') return 'ed25519-sha256';
  throw new TypeError('a key of another kind than RSA and Ed25519');
}

function signatureValue(
  { bytes, root }: Message,
  header: SignableHeader,
  input: SealArcInput & Pick<Place, 'instance'> & { readonly algorithm: Algorithm },
): string {
  const { algorithm, domain, instance, selector, signedAt } = input;
  const names = (input.signedNames ?? usualNames(header)).map((name) => name.toLowerCase());
  const body = input.body ?? bytes.subarray(root.body.start);
  const [hash] = bodyHashes(body, [{ canonicalization: 'relaxed', length: undefined }]);
  const unsigned = tagText({
    a: algorithm,
    b: '',
    bh: hash?.digest.toString('base64') ?? '',
    c: 'relaxed/relaxed',
    d: domain,
    h: foldAt(names, ':'),
    i: `${instance}`,
    s: selector,
    t: `${signedAt}`,
  });
  const b = sign(input, algorithm, [
    ...header.selected(names, 'relaxed'),
    relaxedField(SIGNATURE, Buffer.from(` ${unsigned}`), false),
  ]);
  return withSignature(unsigned, b);
}

/** Each field that is there, as often as it is; From once more, so that no second one can be put in. */
function usualNames(header: SignableHeader): readonly string[] {
  const present = USUAL_NAMES.flatMap((name) => header.named(name).map(() => name));
  return ['from', ...present].slice(0, MAX_USUAL_NAMES);
}

function tagText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(';\r\n ');
}

function sign({ privateKey }: SealArcInput, algorithm: Algorithm, data: readonly Uint8Array[]): string {
  return createSignature({ algorithm, key: privateKey, data }).toString('base64');
}

function withSignature(unsigned: string, signature: string): string {
  const lines = `b=${signature}`.match(new RegExp(`.{1,${MAX_SIGNATURE_LINE}}`, 'g')) ?? [];
  return unsigned.replace(' b=;', () => ` ${lines.join('\r\n ')};`);
}

function foldAt(words: readonly string[], mark: string): string {
  let lineChars = 0;
  return words.reduce((text, word, at) => {
    const fold = lineChars + word.length > FOLD_CHARS;
    lineChars = fold ? word.length : lineChars + word.length + 1;
    return `${text}${at === 0 ? '' : mark}${fold ? '\r\n ' : ''}${word}`;
  }, '');
}

/** A field as it is written and as it is sealed. */
function relaxed(
  name: string,
  value: string,
): { readonly bytes: Uint8Array; readonly canonical: Uint8Array } {
  const shown = name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace(/^Arc/, 'ARC');
  return {
    bytes: Buffer.from(`${shown}: ${value}\r\n`),
    canonical: relaxedField(name, Buffer.from(` ${value}`), true),
  };
}
