import { isAsciiText } from './charset.ts';

/** Characters that show nothing of their own (Unicode, Default_Ignorable_Code_Point): soft hyphens, joiners, marks of direction, tags. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}+/gu;

/** The text without them: inside a word they hide it from a pattern and from nobody else. */
export function withoutUnseen(text: string): string {
  return isAsciiText(text) ? text : text.replace(UNSEEN, '');
}
