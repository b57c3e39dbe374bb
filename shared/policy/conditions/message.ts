/** Conditions on the message as a whole: size, kind, charset, form, time. */
import { DEFECTS, type DefectKind } from '../../mime/defects.ts';
import type { MessageKind } from '../../mime/message-kinds.ts';
import { list } from '../collections.ts';
import { foldedAll } from '../fold.ts';
import { oneOf, trueOrFalse } from '../shape.ts';
import { size, words } from '../values.ts';
import { named, onContent, onHeader, yesOrNo } from './entry.ts';

/** Every kind once: the compiler refuses a kind that is missing here or unknown there. */
const KINDS: Readonly<Record<MessageKind, true>> = {
  signed: true,
  encrypted: true,
  calendar: true,
  autoReply: true,
  report: true,
  readReceipt: true,
  list: true,
  partial: true,
  tnef: true,
  permissionControlled: true,
};

function keysOf<K extends string>(map: Readonly<Record<K, unknown>>): readonly K[] {
  return Object.keys(map) as K[]; // the map is a literal with exactly these keys
}

const kinds = keysOf(KINDS);
const defectKinds: readonly DefectKind[] = keysOf(DEFECTS);
const importances = ['low', 'normal', 'high'] as const;

/** Octets as an administrator writes them: `1.5 MB`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${Number((bytes / (1024 * 1024)).toFixed(1))} MB`;
  return bytes >= 1024 ? `${Number((bytes / 1024).toFixed(1))} KB` : `${bytes} B`;
}

export const messageConditions = {
  sizeOver: onHeader({
    shape: size,
    description: 'The message, with its attachments as they are encoded, is larger than this ("10 MB").',
    alsoKnownAs: ['messageSizeOver', 'size'],
    holds: (limit, { facts }) => ({
      held: facts.sizeBytes > limit,
      why: `the message has ${sizeText(facts.sizeBytes)}, the limit is ${sizeText(limit)}`,
    }),
  }),
  importance: onHeader({
    shape: list(oneOf(...importances), { what: 'importances', max: importances.length, single: true }),
    description: 'The sender marked the message as low, normal or high.',
    alsoKnownAs: ['withImportance'],
    holds: (wanted, { facts }) => ({
      held: wanted.includes(facts.importance),
      why: `the importance is ${facts.importance}`,
    }),
  }),
  messageType: onContent({
    shape: list(oneOf(...kinds), { what: 'kinds of message', max: kinds.length, single: true }),
    description:
      'The message is of one of these kinds: signed, encrypted, a meeting request or answer (calendar), an automatic reply, a delivery report, a read receipt, list mail, a fragment (partial), winmail.dat (tnef), rights-protected.',
    alsoKnownAs: ['messageTypeMatches'],
    holds(wanted, { facts }) {
      const found = facts.messageKinds();
      const kind = wanted.find((one) => found.has(one));
      if (kind !== undefined) return { held: true, why: `the message is of the kind ${kind}` };
      return { held: false, why: `the message is not of the kind ${wanted.join(' or ')}` };
    },
  }),
  charset: onHeader({
    shape: words,
    description:
      'The name of a charset that the message uses contains one of these words, such as "koi8" or "gb".',
    alsoKnownAs: ['contentCharacterSetContainsWords', 'characterSet'],
    holds(wanted, { facts }) {
      const found = facts.charsets();
      const at = foldedAll(wanted).findIndex((word) => found.some((charset) => charset.includes(word)));
      if (at !== -1) return { held: true, why: `a charset contains ${JSON.stringify(wanted[at])}` };
      return { held: false, why: `no charset contains ${named(wanted, 'words', 'any of')}` };
    },
  }),
  hasDefect: onHeader({
    shape: list(oneOf(...defectKinds), { what: 'defects', max: defectKinds.length, single: true }),
    description: 'The form of the message is broken in one of these ways.',
    holds(wanted, { facts }) {
      const found = wanted.find((one) => facts.defects.has(one));
      if (found !== undefined) return { held: true, why: `the message has the defect ${found}` };
      return { held: false, why: `the message does not have ${named(wanted, 'defects', 'any of')}` };
    },
  }),
  isReply: onHeader({
    shape: trueOrFalse(),
    description: 'true: the message says that it answers or forwards another; false: it is the first.',
    holds: (wanted, { facts }) =>
      yesOrNo(wanted, facts.isReply, 'the message is a reply', 'the message is no reply'),
  }),
};
