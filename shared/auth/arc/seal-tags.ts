/** The tags of ARC-Seal (RFC 8617 §4.1.3), and the instance that all three fields of a set carry (§4.2.1). */
import {
  atEnd,
  type Cursor,
  cursorOver,
  skipCfws,
  take,
  takeDigits,
} from '../authentication-results/cursor.ts';
import { asciiDomain } from '../domain.ts';
import { MAX_NAME_CHARS } from '../signatures/limits.ts';
import {
  ALGORITHMS,
  domainOf,
  keyName,
  numberOf,
  type SignatureTags,
  type Tags,
  utf8,
} from '../signatures/signature-tags.ts';
import { decodeBase64 } from '../signatures/tag-list.ts';
import { MAX_SETS } from './limits.ts';

export type ChainStatus = 'none' | 'pass' | 'fail';

export interface SealTags
  extends Pick<SignatureTags, 'domain' | 'selector' | 'algorithm' | 'signature' | 'signaturePlace'> {
  /** `cv=`: what the sealer found of the sets before its own. */
  readonly chainStatus: ChainStatus;
}

/** §4.2.1: position, one or two digits. */
const POSITION = /^[0-9]{1,2}$/;
const STATUS = /^(?:none|pass|fail)$/;

/** Undefined when a tag is missing or is none; `cv` when that alone is what is wrong. */
export function readSealTags(tags: Tags): SealTags | 'cv' | undefined {
  const text = (name: string): string => tags.get(name)?.value ?? '';
  // §4.1.3: a seal has no `h=`; what it covers is fixed.
  if (tags.has('h') || numberOf(tags, 't', 12) === false) return undefined;
  const algorithm = ALGORITHMS.find((each) => each === text('a').toLowerCase());
  const domain = domainOf(text('d'));
  const selector = asciiDomain(utf8(text('s')));
  const signaturePlace = tags.get('b');
  const signature = decodeBase64(text('b'));
  if (algorithm === undefined || domain === undefined || selector === undefined) return undefined;
  if (signaturePlace === undefined || signature === undefined) return undefined;
  if (keyName({ selector, domain }).length > MAX_NAME_CHARS) return undefined;
  const chainStatus = text('cv').toLowerCase();
  if (!isChainStatus(chainStatus)) return 'cv';
  return { algorithm, domain, selector, signature, signaturePlace, chainStatus };
}

/** `i=` of ARC-Seal or ARC-Message-Signature. */
export function tagInstance(tags: Tags): number | undefined {
  return positionOf(tags.get('i')?.value ?? '');
}

/** `[CFWS] "i" [CFWS] "=" [CFWS] position [CFWS] ";"` before the results (§4.1.1), and what follows it. */
export function resultsInstance(
  text: string,
): { readonly instance: number; readonly payload: string } | undefined {
  const cursor = cursorOver(text);
  if (cursor === undefined || !skipAnd(cursor, 'i') || !skipAnd(cursor, '=') || !skipCfws(cursor))
    return undefined;
  const instance = positionOf(takeDigits(cursor) ?? '');
  if (instance === undefined || !skipAnd(cursor, ';') || atEnd(cursor)) return undefined;
  return { instance, payload: cursor.text.slice(cursor.at) };
}

function skipAnd(cursor: Cursor, char: string): boolean {
  return skipCfws(cursor) && take(cursor, char);
}

function positionOf(digits: string): number | undefined {
  const position = Number(digits);
  return POSITION.test(digits) && position >= 1 && position <= MAX_SETS ? position : undefined;
}

function isChainStatus(text: string): text is ChainStatus {
  return STATUS.test(text);
}
