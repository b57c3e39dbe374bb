/** The header of a message as signatures see it: which field an `h=` means, and its canonical form, made once. */
import type { DefectKind } from '../../mime/defects.ts';
import type { HeaderField, Message } from '../../mime/types.ts';
import type { Canonicalization } from './canonical-body.ts';
import { canonicalField } from './canonical-header.ts';
import { MAX_HEADER_BYTES, MAX_HEADER_FIELDS } from './limits.ts';

export interface SignableHeader {
  readonly bytes: Uint8Array;
  /** Where this header ends, or what its fields are, is read differently by others: what was signed may not be what is shown. */
  readonly malformed: boolean;
  /** Every field, from the top. */
  readonly fields: readonly HeaderField[];
  /** Fields of that name in lower case, from the top. */
  named(lowerName: string): readonly HeaderField[];
  /**
   * The canonical form of what `names` (lower case) select, in their order: the last field of a name first, then the one above it;
   * a name without a field left stands for nothing (RFC 6376 §5.4.2, §3.5 `h=`).
   */
  selected(names: readonly string[], canonicalization: Canonicalization): readonly Uint8Array[];
}

const MALFORMED: ReadonlySet<string> = new Set<DefectKind>(['missing-header-separator', 'junk-in-header']);

/** Undefined when the header is larger than any mail's (`limits.ts`): no signature over it is verified. */
export function signableHeader({ bytes, root, defects }: Message): SignableHeader | undefined {
  const { header } = root;
  if (header.end - header.start > MAX_HEADER_BYTES) return undefined;
  const { fields } = header;
  if (fields.length > MAX_HEADER_FIELDS) return undefined;
  const byName = Map.groupBy(fields, (field) => field.lowerName);
  const forms = { simple: new Map<HeaderField, Uint8Array>(), relaxed: new Map<HeaderField, Uint8Array>() };
  const formOf = (field: HeaderField, canonicalization: Canonicalization): Uint8Array => {
    const known = forms[canonicalization].get(field);
    if (known !== undefined) return known;
    const form = canonicalField(bytes, field, canonicalization);
    forms[canonicalization].set(field, form);
    return form;
  };
  return {
    bytes,
    malformed: defects.some(({ kind, at }) => at <= root.body.start && MALFORMED.has(kind)),
    fields,
    named: (lowerName) => byName.get(lowerName) ?? [],
    selected(names, canonicalization) {
      const taken = new Map<string, number>();
      return names.flatMap((name) => {
        const count = (taken.get(name) ?? 0) + 1;
        taken.set(name, count);
        const field = byName.get(name)?.at(-count);
        return field === undefined ? [] : [formOf(field, canonicalization)];
      });
    },
  };
}

/** The text of a field's value, one character an octet, so that places in it are places in the message. */
export function fieldText({ bytes }: SignableHeader, { value }: HeaderField): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + value.start, value.end - value.start).toString(
    'latin1',
  );
}
