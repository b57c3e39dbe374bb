/** An edited body with the marks of the spec in the places of what was put in. */
import type { ChangeSet } from '../mime-edits/changes.ts';
import { decodedBody, parameterOf, type ReadPart } from '../mime-edits/reader.ts';
import { BANNER_MARK, FOOTER_MARK } from './spec.ts';

/** Blanks that a line may have had before a soft end are the sender's: only line ends may be more or fewer. */
const AROUND_MARK = /(?:<!---->)?[\r\n]*([\u27e6\u27e7\u27ea])[\r\n]*/g;

/** Without the line ends beside the marks. */
export function squeezed(text: string): string {
  return text.replaceAll(AROUND_MARK, '$1').replaceAll(AROUND_MARK, '$1');
}

/** The text of a part, in which each disclaimer has become its mark. */
export function marked(part: ReadPart, set: ChangeSet): string {
  const charset = parameterOf(part, 'charset')?.replaceAll('"', '') ?? 'utf-8';
  const octets = Buffer.from(decodedBody(part), 'latin1');
  const text = new TextDecoder(charset, { ignoreBOM: true }).decode(octets);
  const html = part.type === 'text/html';

  const banner = html ? tableOf(set.bannerWord) : textOf(set.changes[0]);
  const footer = html ? tableOf(set.footerWord) : textOf(set.changes[1]);
  return text.replace(banner, BANNER_MARK).replace(footer, FOOTER_MARK);
}

function tableOf(word: string): RegExp {
  return new RegExp(`<table class="mailroom-(?:(?!<table)[\\s\\S])*?${word}[\\s\\S]*?</table>`);
}

function textOf(change: ChangeSet['changes'][number]): string {
  return 'text' in change && change.text !== undefined ? change.text : '';
}
