/** The parts of a message, and why the body of each is changed or not. */
import type { ContentPlan } from '../../handlers/edge/steps/content-plan.ts';
import type { Message, Part, UntouchedReason } from '../../shared/mime/index.ts';
import type { ExplainedPart } from './explanation-types.ts';

/** Why a message keeps its content, as an administrator would say it. */
export const UNTOUCHED: Readonly<Record<UntouchedReason, string>> = {
  signed: 'it is signed, and a change would break the signature',
  encrypted: 'it is encrypted',
  report: 'it is a report that programs read',
  calendar: 'it is an invitation or an answer to one, which programs read',
  tnef: 'its body is inside a winmail.dat',
  partial: 'it is a fragment of another message',
  'no-displayable-part': 'there is no text to put it to',
  undecodable: 'its encoding cannot be read',
  'too-large': 'it is too large',
  malformed: 'mail programs may disagree about where its parts are',
  'already-present': 'it is there already',
  'not-found': 'there is nothing of the kind in it',
  'invalid-value': 'it cannot be written into a message',
  'protected-header': 'the header says what the message is, who wrote it, or which way it came',
  superseded: 'another change left nothing for it',
};

/** Changes that touch header fields and no body. */
const HEADER_CHANGES: ReadonlySet<string> = new Set([
  'prependSubject',
  'setHeader',
  'addHeader',
  'removeHeader',
]);

/** Why nothing is changed in a part. */
function whyUntouched(part: Part, planned: boolean): string {
  const { mediaType } = part.contentType;
  if (part.children.length > 0) return 'it only holds other parts';
  if (!planned) return 'no change of it is planned';
  if (part.disposition === 'attachment') return 'it is an attachment';
  if (mediaType === 'message/rfc822') return 'it is a message inside the message';
  if (mediaType === 'text/calendar') return 'it is a calendar';
  if (!mediaType.startsWith('text/')) return 'it is not text';
  return 'nothing is to be changed in it';
}

/** The parts, and what the changes do to their bodies. */
export function explainParts(message: Message, plan: ContentPlan): readonly ExplainedPart[] {
  const onBodies = plan.outcomes.filter(({ planned }) => !HEADER_CHANGES.has(planned.change.kind));
  const edited = new Set(
    onBodies.flatMap(({ outcome }) =>
      outcome.kind === 'edited' ? outcome.parts.map((part) => part.path) : [],
    ),
  );
  // One reason stands for the whole message where nothing of its body is changed.
  const refused = onBodies.flatMap(({ outcome }) => (outcome.kind === 'untouched' ? [outcome.reason] : []));
  const [refusal] = edited.size === 0 ? refused : [];
  return message.parts.map((part) => {
    const common = { path: part.path, mediaType: part.contentType.mediaType, ...part.body };
    if (edited.has(part.path)) return { ...common, edited: true };
    const why = refusal === undefined ? whyUntouched(part, onBodies.length > 0) : UNTOUCHED[refusal];
    return { ...common, edited: false, untouched: why };
  });
}
