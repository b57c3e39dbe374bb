/**
 * Conditions on attachments. Each holds when one attachment satisfies it, those of attached messages included; several
 * conditions may be satisfied by different ones.
 */
import type { Attachment } from '../../mime/attachment-types.ts';
import { withNested } from '../attachment-choice.ts';
import { type AttachmentTraits, attachmentTraits } from '../attachment-traits.ts';
import type { MessageFacts } from '../message-facts.ts';
import { trueOrFalse } from '../shape.ts';
import { wholeNumber } from '../values.ts';
import { ATTACHMENT_CRITERIA, type Forms } from './attachment-filter.ts';
import { type MessageCondition, onContent, yesOrNo } from './entry.ts';

interface Criterion<T> {
  readonly shape: MessageCondition<T>['shape'];
  readonly description: string;
  holds(value: T, attachment: Attachment, forms: Forms): boolean;
  holdsForAny?(value: T, traits: AttachmentTraits, forms: Forms): boolean;
}

/** The condition that some attachment satisfies a criterion. */
function some<T>(criterion: Criterion<T>, alsoKnownAs: readonly string[]): MessageCondition<T> {
  return onContent({
    shape: criterion.shape,
    description: `An attachment ${criterion.description}.`,
    alsoKnownAs,
    holds(value, asked) {
      const attachments = withNested(asked.facts.attachments());
      if (attachments.length === 0) return { held: false, why: 'there is no attachment' };
      const held =
        criterion.holdsForAny?.(value, attachmentTraits(attachments), asked) ??
        attachments.some((attachment) => criterion.holds(value, attachment, asked));
      return { held, why: held ? 'an attachment satisfies it' : 'no attachment satisfies it' };
    },
  });
}

/** The condition that some attachment is so (true), or that none is (false). */
function any(
  criterion: Criterion<boolean>,
  alsoKnownAs: readonly string[],
  so: string,
): MessageCondition<boolean> {
  // One answer for all rules.
  const answers = new WeakMap<readonly Attachment[], boolean>();
  return onContent({
    shape: trueOrFalse(),
    description: `true: an attachment ${so}. false: none does.`,
    alsoKnownAs,
    holds(wanted, asked) {
      const attachments = withNested(asked.facts.attachments());
      const is =
        answers.get(attachments) ??
        attachments.some((attachment) => criterion.holds(true, attachment, asked));
      answers.set(attachments, is);
      return yesOrNo(wanted, is, `an attachment ${so}`, `no attachment ${so}`);
    },
  });
}

function noun(count: number): string {
  return count === 1 ? 'attachment' : 'attachments';
}

function shown(facts: MessageFacts): number {
  return facts.attachments().filter((attachment) => !attachment.inline).length;
}

const C = ATTACHMENT_CRITERIA;
export const attachmentConditions = {
  hasAttachment: onContent({
    shape: trueOrFalse(),
    description: 'The message has an attachment (true) or none (false). Pictures inside the text are none.',
    holds: (wanted, { facts }) =>
      yesOrNo(wanted, shown(facts) > 0, 'the message has an attachment', 'the message has no attachment'),
  }),
  attachmentCountOver: onContent({
    shape: wholeNumber(0, 1_000),
    description: 'The message has more attachments than this. Pictures inside the text do not count.',
    holds(limit, { facts }) {
      const count = shown(facts);
      return { held: count > limit, why: `the message has ${count} ${noun(count)}` };
    },
  }),
  attachmentName: some(C.name, ['attachmentNames', 'anyAttachmentName']),
  attachmentNameMatches: some(C.nameMatches, ['attachmentNameMatchesPatterns']),
  attachmentExtension: some(C.extension, ['attachmentExtensionMatchesWords']),
  attachmentType: some(C.type, ['attachmentMediaType', 'attachmentContentType']),
  attachmentSizeOver: some(C.sizeOver, ['attachmentSize']),
  attachmentIsExecutable: any(
    C.executable,
    ['attachmentHasExecutableContent'],
    'holds a program or script, by its first bytes or its name',
  ),
  attachmentIsPasswordProtected: any(
    C.passwordProtected,
    ['attachmentPasswordProtected'],
    'needs a password',
  ),
  archiveContains: some(C.archiveContains, ['attachmentArchiveContains']),
  attachmentIsUnreadable: any(
    C.unreadable,
    ['attachmentIsUnsupported', 'attachmentProcessingLimitExceeded', 'attachmentUnreadable'],
    'cannot be looked into (damaged, encrypted, of an unknown kind)',
  ),
};
