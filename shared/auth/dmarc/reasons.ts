/**
 * Why the DMARC step decided what it did: the code that logs and metrics carry, and its meaning for a person. What
 * happens then and what to do about it stands in docs/dmarc-reasons.md, one section for each; a test holds that.
 */

export const REASONS = {
  pass: 'DMARC passed for the domain in From.',
  'pass-unproved': 'SES says that DMARC passed; nothing that was verified here says so too.',
  'no-record': 'The domain in From publishes no DMARC policy.',
  'fail-none': 'DMARC failed; the domain in From asks for nothing (p=none).',
  'fail-quarantine': 'DMARC failed; the domain in From asks for quarantine.',
  'fail-reject': 'DMARC failed; the domain in From asks for rejection.',
  'fail-testing': 'DMARC failed; the domain in From is testing its policy (t=y), so one level less applies.',
  'fail-no-record': 'DMARC failed when the message came in, but no policy is published now; taken as p=none.',
  'fail-local-policy': 'Nothing proves the domain in From; the policy file says what applies to this domain.',
  'own-domain': 'From shows an own domain, and nothing proves it.',
  'allowed-sender': 'From shows an own domain; an allowed sender of the policy file sent it.',
  exception: 'DMARC did not pass; an exception of the policy file applies.',
  'arc-sealer':
    'DMARC did not pass here; a trusted forwarder sealed that it passed when the message came to it.',
  'mailing-list':
    'DMARC failed; it is signed mail of a mailing list, so a milder action than for other mail applies.',
  'look-alike': 'The domain in From looks like another that is guarded.',
  'protected-person': 'The name in From is that of a protected person, and the address is another.',
  'unknown-no-evidence': 'There is no result of SES to go by.',
  'unknown-ambiguous': 'The result of SES cannot be told from what the sender wrote.',
  'unknown-other-author':
    'SES judged another domain than the one in From; taken as a failure of that domain.',
  'unknown-unproved':
    'SES wrote a result that nothing proves, and too little is known here to say whether DMARC passes.',
  'unknown-temperror': 'DMARC could not be decided because of a temporary error.',
  'unknown-dns': 'DMARC failed, but the published policy could not be looked up just now.',
  permerror: 'DMARC could not be decided because of a permanent error.',
  'author-none': 'From names no author.',
  'author-several':
    'From can be read as several authors; the strictest policy among them applies, junk at least.',
  'author-unreadable': 'From cannot be read with certainty.',
  'bounce-not-authenticated':
    'DMARC failed; a bounce would go to an envelope sender that is not authenticated, so it is not sent.',
  'bounce-unwanted': 'DMARC failed; reports, automatic answers and list mail are not bounced.',
} as const;

export type DmarcReason = keyof typeof REASONS;
