/** Conditions on header fields by name. */
import { list, record, required } from '../collections.ts';
import { fieldName, MAX_VALUES, textPatterns, words } from '../values.ts';
import { onHeader } from './entry.ts';
import { containsWord, matchesPatternOf } from './text.ts';

const name = required(fieldName, { description: 'The header field, without the colon.' });

export const headerConditions = {
  headerContains: onHeader({
    shape: record('"name" and "words"', {
      name,
      words: required(words, {
        description: 'Words to look for in its decoded value, in upper or lower case.',
      }),
    }),
    description: 'A header field of this name contains one of these words, in upper or lower case.',
    alsoKnownAs: ['header', 'headerContainsWords', 'headerContainsMessageHeader'],
    holds(value, asked) {
      const texts = asked.facts.header(value.name);
      if (texts.length === 0) return { held: false, why: `there is no ${value.name} header` };
      return containsWord(`the ${value.name} header`, value.words, { texts, complete: true }, asked);
    },
  }),
  headerMatches: onHeader({
    shape: record('"name" and "patterns"', {
      name,
      patterns: required(textPatterns, {
        description: 'Regular expressions (RE2 syntax, any case) to look for in its decoded value.',
      }),
    }),
    description: 'A header field of this name matches one of these regular expressions.',
    alsoKnownAs: ['headerMatchesPatterns', 'headerMatchesMessageHeader'],
    holds(value, asked) {
      const texts = asked.facts.header(value.name);
      if (texts.length === 0) return { held: false, why: `there is no ${value.name} header` };
      return matchesPatternOf(`the ${value.name} header`, value.patterns, { texts, complete: true }, asked);
    },
  }),
  headerExists: onHeader({
    shape: list(fieldName, { what: 'names of header fields', max: MAX_VALUES, single: true }),
    description: 'There is a header field of one of these names, empty or not.',
    holds(names, { facts }) {
      const found = names.find((one) => facts.headerNames.has(one.toLowerCase()));
      if (found !== undefined) return { held: true, why: `there is a ${found} header` };
      const what = names.length === 1 ? `no ${names[0]} header` : `none of the ${names.length} headers`;
      return { held: false, why: `there is ${what}` };
    },
  }),
};
