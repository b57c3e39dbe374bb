/** What stands around a part: the delimiters of the multiparts that it is in, and the line ends that set it off. */
import { structuredValueOf } from './content-fields.ts';
import { headerField } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { parameterOctets } from './parameters.ts';
import type { ServingEdit } from './splice.ts';
import type { Message, Part } from './types.ts';

/** The boundaries of the multiparts around the part, from the innermost out, as octets in latin1. */
export function boundariesAround(message: Message, part: Part): readonly string[] {
  const boundaries: string[] = [];
  for (let around = part.parent; around !== undefined; around = around.parent) {
    const field = headerField(around.header, 'content-type');
    const raw = field === undefined ? [] : structuredValueOf(message.bytes, field).parameters;
    const boundary = (parameterOctets(raw, 'boundary') ?? '').trimEnd();
    if (boundary !== '') boundaries.push(boundary);
  }
  return boundaries;
}

/** Gives an empty body the line ends around it that a body with something in it needs. */
export function frameEmpty(
  message: Message,
  part: Part,
  edits: readonly ServingEdit[],
  eol: LineEnd,
): readonly ServingEdit[] {
  const { header, body } = part;
  if (body.end > body.start) return edits;
  // A header that ends with the message, or at a delimiter, has no empty line after it.
  const unterminated = header.end > header.start && message.bytes[header.end - 1] !== 0x0a;
  const before = body.start > header.end ? '' : `${unterminated ? eol : ''}${eol}`;
  // RFC 2046 §5.1.1: the delimiter needs a line end of its own, which the empty body did not leave to it.
  const needsLineEnd = message.bytes[body.end] === 0x2d;
  return edits.map((edit) => {
    const endsLine = edit.replacement.at(-1) === 0x0a;
    const after = needsLineEnd && !endsLine ? eol : '';
    return {
      ...edit,
      replacement: Buffer.concat([Buffer.from(before), edit.replacement, Buffer.from(after)]),
    };
  });
}
