/** Each function: where it is, what it runs on, for whom it works, and whether it is switched on. */
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import { type Deployed, type FunctionFacts, partsOfArn, type Role } from '../deployed.ts';
import { type Finding, fail, ok, unasked, warn } from '../finding.ts';

/** What template.yaml says; WorkMail waits 15 s for a flow rule and 25 s for free/busy times. */
const RUNTIME = 'nodejs24.x';
const TIMEOUT_SECONDS: Readonly<Record<Role, number>> = {
  synchronous: 15,
  asynchronous: 60,
  availability: 25,
};

type Known = FunctionFacts & { readonly known: FunctionConfiguration };

function place({ name, role, known }: Known, { region, account }: Deployed): Finding {
  const own = partsOfArn(known.FunctionArn);
  if (own?.account !== account && account !== undefined)
    return fail(
      'function-place',
      name,
      `It is in the account ${own?.account ?? 'unknown'}, the organization in ${account}. WorkMail calls only functions of its account.`,
      'Deploy it in the account of the organization.',
    );
  if (own?.region !== region && role !== 'availability')
    return fail(
      'function-place',
      name,
      `It is in ${own?.region ?? 'an unknown region'}, the organization in ${region}. A flow rule calls only functions of its region.`,
      `Deploy it in ${region}.`,
    );
  return ok('function-place', name, 'It is in the region and the account of the organization.');
}

function runtime({ name, known }: Known): Finding {
  if (known.Runtime === RUNTIME) return ok('function-runtime', name, `It runs on ${RUNTIME}.`);
  return fail(
    'function-runtime',
    name,
    `It runs on ${known.Runtime ?? 'an unknown runtime'}; Mailroom is built for ${RUNTIME} and tested on it.`,
    'Deploy template.yaml again.',
  );
}

function timeout({ name, role, known }: Known): Finding {
  const seconds = known.Timeout ?? 0;
  const wanted = TIMEOUT_SECONDS[role];
  if (seconds === wanted) return ok('function-timeout', name, `It may take ${seconds} s.`);
  const meaning = `It may take ${seconds} s, and template.yaml gives it ${wanted} s.`;
  const mend = 'Set the time-out back, or deploy template.yaml again.';
  // Half the time is not enough for a large message; more than WorkMail waits is only useless.
  return seconds * 2 < wanted
    ? fail('function-timeout', name, `${meaning} It will be ended in the middle of its work.`, mend)
    : warn('function-timeout', name, meaning, mend);
}

function organization({ name, known }: Known, { organizationId }: Deployed): Finding {
  const set = known.Environment?.Variables?.['MAILROOM_ORGANIZATION_ID'];
  if (set === organizationId) return ok('function-organization', name, 'It is set up for this organization.');
  return fail(
    'function-organization',
    name,
    `It is set up for ${set === undefined || set === '' ? 'no organization' : set}, not for ${organizationId}.`,
    'Update the stack with the parameter OrganizationId.',
  );
}

const MODES: Readonly<Record<string, string>> = {
  off: 'It is switched off: it answers DEFAULT for everything, reads nothing and keeps nothing.',
  monitor: 'It only watches: it decides and logs, and changes nothing.',
};

/** The asynchronous function and the availability function do not know the mode. */
function mode({ name, known }: Known): Finding {
  const set = known.Environment?.Variables?.['MAILROOM_MODE'] ?? 'enforce';
  const meaning = MODES[set];
  if (meaning === undefined) return ok('function-mode', name, 'It decides and acts.');
  return warn(
    'function-mode',
    name,
    meaning,
    'When you have seen enough, update the stack with Mode set to "enforce".',
  );
}

function checkOne(facts: FunctionFacts, deployed: Deployed): readonly Finding[] {
  const { configuration, name, role } = facts;
  if (configuration.kind !== 'answer') {
    const ids = ['function-place', 'function-runtime', 'function-timeout', 'function-organization'] as const;
    return ids.map((id) => unasked(id, name, configuration));
  }
  const known = { ...facts, known: configuration.value };
  return [
    place(known, deployed),
    runtime(known),
    timeout(known),
    organization(known, deployed),
    ...(role === 'synchronous' ? [mode(known)] : []),
  ];
}

export function checkFunctions(deployed: Deployed): readonly Finding[] {
  return deployed.functions.flatMap((facts) => checkOne(facts, deployed));
}
