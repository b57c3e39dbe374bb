/** Actions on links, active content and the form of the body. */
import { optional, record, required } from '../collections.ts';
import { converted, oneOf, onlyTrue, orScalar } from '../shape.ts';
import { type ActionEntry, entry } from './entry.ts';
import { hosts, prefix } from './values.ts';

const exempt = optional(hosts, {
  description: 'Links to these hosts stay as they are: "example.com", "*.example.com" (with its subdomains).',
});

/** `true`, or what is exempt. */
const links = converted(
  orScalar(true, record('true, or the key "exempt"', { exempt }, { minKeys: 1 })),
  (value): readonly string[] => (value === true ? [] : (value.exempt ?? [])),
);

export const bodyActions = {
  defangLinks: entry({
    does: 'content',
    description:
      'Links can no longer be followed: "https://" becomes "hxxps://", the dots of the host "[.]". Where their text names another host or none, it is written behind it where they led.',
    shape: links,
    make: (value) => ({ kind: 'defangLinks', exempt: value }),
  }),
  markLinks: entry({
    does: 'content',
    description:
      'Where the text of a link names another host than the one it leads to, the real one is written behind it.',
    shape: links,
    make: (value) => ({ kind: 'markLinks', exempt: value }),
  }),
  prefixLinks: entry({
    does: 'content',
    description: 'Links lead through another address, such as that of a service that checks them.',
    alsoKnownAs: ['rewriteLinks'],
    shape: record('"prefix" and, if you like, "exempt"', {
      prefix: required(prefix, {
        description: 'What is put before the link ("https://…"); the link follows, encoded.',
      }),
      exempt,
    }),
    make: (value) => ({ kind: 'prefixLinks', prefix: value.prefix, exempt: value.exempt ?? [] }),
  }),
  restoreLinks: entry({
    does: 'content',
    description: 'Takes the prefix that prefixLinks put there away again, in answers for instance.',
    shape: record('"prefix"', {
      prefix: required(prefix, { description: 'The prefix that prefixLinks was given.' }),
    }),
    make: (value) => ({ kind: 'restoreLinks', prefix: value.prefix }),
  }),
  removeActiveContent: entry({
    does: 'content',
    description: 'Takes scripts, frames, plug-ins, event handlers and the like out of HTML.',
    alsoKnownAs: ['disarm'],
    shape: onlyTrue(),
    make: () => ({ kind: 'removeActiveContent' }),
  }),
  removeTracking: entry({
    does: 'content',
    description: 'Takes invisible remote images out of HTML ("tracking"), or every remote image ("remote").',
    shape: oneOf('tracking', 'remote'),
    make: (images) => ({ kind: 'removeTracking', images }),
  }),
  convertToText: entry({
    does: 'content',
    description: 'Makes plain text of HTML bodies.',
    alsoKnownAs: ['convertHtmlToText'],
    shape: onlyTrue(),
    make: () => ({ kind: 'convertToText' }),
  }),
  removeAmp: entry({
    does: 'content',
    description:
      'Takes out the interactive form (AMP) of a message, which some mail programs show instead of the HTML.',
    shape: onlyTrue(),
    make: () => ({ kind: 'removeAmp' }),
  }),
} satisfies Readonly<Record<string, ActionEntry>>;
