/** Why the DMARC step decided what it did: the code that logs and metrics carry, and its meaning for a person. */

export const REASONS = {
  pass: 'DMARC passed for the domain in From.',
  'no-record': 'The domain in From publishes no DMARC policy.',
  'fail-none': 'DMARC failed; the domain in From asks for nothing (p=none).',
  'fail-quarantine': 'DMARC failed; the domain in From asks for quarantine.',
  'fail-reject': 'DMARC failed; the domain in From asks for rejection.',
  'fail-testing': 'DMARC failed; the domain in From is testing its policy (t=y), so one level less applies.',
  'fail-no-record': 'DMARC failed when the message came in, but no policy is published now; taken as p=none.',
  exception: 'DMARC failed; an exception of the policy file applies.',
  'unknown-no-evidence': 'There is no result of SES to go by.',
  'unknown-ambiguous': 'The result of SES cannot be told from what the sender wrote.',
  'unknown-other-author':
    'SES judged another domain than the one in From; taken as a failure of that domain.',
  'unknown-temperror': 'SES could not decide because of a temporary error.',
  'unknown-dns': 'DMARC failed, but the published policy could not be looked up just now.',
  permerror: 'SES could not decide because of a permanent error.',
  'author-none': 'From names no author.',
  'author-several':
    'From can be read as several authors; the strictest policy among them applies, junk at least.',
  'author-unreadable': 'From cannot be read with certainty.',
  'bounce-not-authenticated':
    'DMARC failed; a bounce would go to an envelope sender that is not authenticated, so junk.',
  'bounce-unwanted': 'DMARC failed; reports, automatic answers and list mail are not bounced, so junk.',
} as const;

export type DmarcReason = keyof typeof REASONS;
