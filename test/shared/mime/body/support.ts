/** Changes to one body, as text of one character per octet. */
import { type BodyText, bodySplices } from '../../../../shared/mime/body/splices.ts';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { applySplices } from '../../../../shared/mime/splice.ts';

export type Kind = Partial<Omit<BodyText, 'body'>>;

function bodyText(body: Buffer, kind: Kind): BodyText {
  return {
    body,
    charset: 'utf-8',
    html: false,
    eol: '\n',
    flowed: false,
    delSp: false,
    boundaries: [],
    ...kind,
  };
}

export function changeOctets(body: Buffer, changes: readonly BodyChange[], kind: Kind = {}): Buffer {
  const indexed = changes.map((change, index) => ({ index, change }));
  const { splices, tooLarge } = bodySplices(indexed, bodyText(body, kind), { skipIfPresent: true });
  if (tooLarge.length > 0) throw new Error(`too large for ${tooLarge.join()}`);
  let last = 0;
  for (const { start, end } of splices) {
    if (start < last || end < start || end > body.length)
      throw new Error(`splice ${start}-${end} after ${last}`);
    last = end;
  }
  return applySplices(body, splices);
}

/** The HTML body after the changes. */
export function html(text: string, ...changes: readonly BodyChange[]): string {
  return changeOctets(Buffer.from(text), changes, { html: true }).toString();
}

/** The text body after the changes. */
export function plain(text: string, changes: readonly BodyChange[], kind: Kind = {}): string {
  return changeOctets(Buffer.from(text), changes, kind).toString();
}
