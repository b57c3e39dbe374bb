/**
 * Everything that `mailroom doctor` looks at. The ids are stable: scripts read them in `--json`, and docs/doctor.md has
 * a section for each, which a test compares with this table.
 */
export const GROUPS = [
  'Account',
  'Functions',
  'Rewritten messages',
  'WorkMail',
  'Free/busy',
  'Journal',
  'Policy',
  'Flow rules',
  'Event log',
  'Probe',
] as const;

export type Group = (typeof GROUPS)[number];

/** Id of the check, and the part of the report that it stands in. */
export const CHECKS = {
  credentials: 'Account',
  organization: 'Account',
  account: 'Account',
  stack: 'Account',
  'function-place': 'Functions',
  'function-runtime': 'Functions',
  'function-timeout': 'Functions',
  'function-organization': 'Functions',
  'function-mode': 'Functions',
  'function-code': 'Functions',
  'invoke-right': 'Functions',
  'invoke-pinned': 'Functions',
  'bucket-place': 'Rewritten messages',
  'bucket-read': 'Rewritten messages',
  'bucket-tls': 'Rewritten messages',
  'bucket-organization': 'Rewritten messages',
  'bucket-account': 'Rewritten messages',
  'bucket-public': 'Rewritten messages',
  'bucket-expiry': 'Rewritten messages',
  'builtin-dmarc': 'WorkMail',
  'domain-verified': 'WorkMail',
  'awsapps-identity': 'WorkMail',
  'availability-region': 'Free/busy',
  'availability-configured': 'Free/busy',
  'availability-test': 'Free/busy',
  'journal-bucket': 'Journal',
  'journal-versions': 'Journal',
  'journal-lock': 'Journal',
  'journal-public': 'Journal',
  'policy-readable': 'Policy',
  'policy-valid': 'Policy',
  'policy-domains': 'Policy',
  'policy-needs': 'Policy',
  'rules-known': 'Flow rules',
  'rule-present': 'Flow rules',
  'rule-shadowed': 'Flow rules',
  'rule-fallback': 'Flow rules',
  'rule-timeout': 'Flow rules',
  'rule-fired': 'Flow rules',
  'event-log-group': 'Event log',
  'event-log-receiving': 'Event log',
  'event-log-retention': 'Event log',
  'probe-arrived': 'Probe',
  'probe-rule': 'Probe',
} as const satisfies Readonly<Record<string, Group>>;

export type FindingId = keyof typeof CHECKS;
