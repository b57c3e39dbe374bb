/** Conditions on what people read: subject, body, text attachments. Words in any case; patterns are RE2, in any case too. */
import { foldedAll } from '../fold.ts';
import type { FoundText } from '../message-facts.ts';
import type { TextPattern } from '../text-pattern.ts';
import { textPatterns, words } from '../values.ts';
import { type Asked, type Held, named, onContent, onHeader } from './entry.ts';

/** Texts, and what is said of them when nothing is found. */
interface Searched {
  readonly texts: readonly string[];
  readonly complete: boolean;
}
type Search = (asked: Asked) => Searched;

function noteOf({ complete }: Searched): string {
  return complete ? '' : '; a part of it could not be read';
}

/** The first of `wanted` that stands in one of the texts. */
export function containsWord(
  what: string,
  wanted: readonly string[],
  searched: Searched,
  asked: Asked,
): Held {
  const haystacks = searched.texts.map(asked.words);
  const found = foldedAll(wanted).findIndex((word) => haystacks.some((stands) => stands(word)));
  if (found !== -1) return { held: true, why: `${what} contains ${JSON.stringify(wanted[found])}` };
  const whose = named(wanted, 'words', 'any of');
  return { held: false, why: `${what} does not contain ${whose}${noteOf(searched)}` };
}

/** The first pattern that is found in one of the texts. */
export function matchesPatternOf(
  what: string,
  wanted: readonly TextPattern[],
  searched: Searched,
  asked: Asked,
): Held {
  const texts = searched.texts.map(asked.searched);
  const pattern = wanted.find((one) => texts.some((text) => one.found(text)));
  if (pattern !== undefined)
    return { held: true, why: `${what} matches the pattern ${JSON.stringify(pattern.source)}` };
  const sources = wanted.map((one) => one.source);
  return {
    held: false,
    why: `${what} does not match ${named(sources, 'patterns', 'any of')}${noteOf(searched)}`,
  };
}

const subject: Search = ({ facts }) => ({ texts: [facts.subject], complete: true });
const found = ({ text, complete }: FoundText): Searched => ({ texts: [text], complete });
const body: Search = ({ facts }) => found(facts.bodyText());
const attachment: Search = ({ facts }) => found(facts.attachmentText());
const subjectOrBody: Search = ({ facts }) => {
  const { text, complete } = facts.bodyText();
  return { texts: [facts.subject, text], complete };
};

const CONTENT_NOTE =
  'Every text that a mail program may show counts: plain text and HTML, hidden text not. Texts over a limit are read as far as it goes.';

export const textConditions = {
  subjectContains: onHeader({
    shape: words,
    description:
      'The decoded subject contains one of these, in upper or lower case; a part of a word is enough.',
    alsoKnownAs: ['subject', 'subjectContainsWords'],
    holds: (wanted, asked) => containsWord('the subject', wanted, subject(asked), asked),
  }),
  subjectMatches: onHeader({
    shape: textPatterns,
    description: 'The decoded subject matches one of these regular expressions (RE2 syntax, any case).',
    alsoKnownAs: ['subjectMatchesPatterns'],
    holds: (wanted, asked) => matchesPatternOf('the subject', wanted, subject(asked), asked),
  }),
  bodyContains: onContent({
    shape: words,
    description: `The body contains one of these, in upper or lower case. ${CONTENT_NOTE}`,
    alsoKnownAs: ['body', 'bodyContainsWords', 'messageContainsWords'],
    holds: (wanted, asked) => containsWord('the body', wanted, body(asked), asked),
  }),
  bodyMatches: onContent({
    shape: textPatterns,
    description:
      'The body matches one of these regular expressions (RE2 syntax, any case), in its first 128 K characters.',
    alsoKnownAs: ['bodyMatchesPatterns'],
    holds: (wanted, asked) => matchesPatternOf('the body', wanted, body(asked), asked),
  }),
  subjectOrBodyContains: onContent({
    shape: words,
    description: 'The subject or the body contains one of these, in upper or lower case.',
    alsoKnownAs: ['subjectOrBodyContainsWords'],
    holds: (wanted, asked) => containsWord('subject or body', wanted, subjectOrBody(asked), asked),
  }),
  subjectOrBodyMatches: onContent({
    shape: textPatterns,
    description: 'The subject or the body matches one of these regular expressions (RE2 syntax, any case).',
    alsoKnownAs: ['subjectOrBodyMatchesPatterns'],
    holds: (wanted, asked) => matchesPatternOf('subject or body', wanted, subjectOrBody(asked), asked),
  }),
  attachmentContains: onContent({
    shape: words,
    description:
      'A text or HTML file that is attached contains one of these, in upper or lower case. Other files are not opened for it.',
    alsoKnownAs: ['attachmentContainsWords'],
    holds: (wanted, asked) => containsWord('the attached text', wanted, attachment(asked), asked),
  }),
  attachmentMatches: onContent({
    shape: textPatterns,
    description:
      'A text or HTML file that is attached matches one of these regular expressions (RE2 syntax, any case).',
    alsoKnownAs: ['attachmentMatchesPatterns'],
    holds: (wanted, asked) => matchesPatternOf('the attached text', wanted, attachment(asked), asked),
  }),
};
