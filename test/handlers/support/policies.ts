import { policyOf } from './world.ts';

const ORGANIZATION = 'version: 1\norganization:\n  domains: [example.com]\n  trustSesHeaders: always\n';
const RULES = `rules:
  - name: external banner
    when: { direction: inbound, senderScope: outside }
    do:
      - prependDisclaimer: { text: "This message comes from outside." }
  - name: footer
    when: { direction: outbound, recipientScope: outside }
    do:
      - appendDisclaimer: { text: "Example Ltd" }
`;
const DMARC =
  'dmarc:\n  mode: enforce\n  actions: { none: default, quarantine: junk, reject: drop }\n  unknown: default\n';
const JOURNAL = 'journal: { capture: true }\n';

export const FULL = ORGANIZATION + RULES + DMARC + JOURNAL;
export const full = policyOf(FULL);
export const journalOnly = policyOf(ORGANIZATION + JOURNAL);
export const rulesOnly = policyOf(ORGANIZATION + RULES);
export const dmarcOnly = policyOf(ORGANIZATION + DMARC);
export const monitorOnly = policyOf(ORGANIZATION + DMARC.replace('mode: enforce', 'mode: monitor'));
export const nothing = policyOf(ORGANIZATION);

/** The full policy with some words replaced. */
export function fullWith(...changes: readonly (readonly [string, string])[]) {
  let text = FULL;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`not in the policy: ${from}`);
    text = text.replaceAll(from, to);
  }
  return policyOf(text);
}
