/** Who asks, and whether organization, stack and caller belong together. */
import { type Asked, answerOf } from '../ask.ts';
import { type Deployed, partsOfArn, settingsOf } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown } from '../finding.ts';

function credentials({ identity }: Deployed): Finding {
  if (identity.kind !== 'answer') return unasked('credentials', 'you', identity);
  return ok('credentials', 'you', `You ask as ${identity.value.arn}.`);
}

function organization({ organization: asked, organizationId, region, functions }: Deployed): Finding {
  if (asked.kind === 'absent') {
    const others = settingsOf(functions, 'MAILROOM_ORGANIZATION_ID').filter((id) => id !== organizationId);
    return fail(
      'organization',
      organizationId,
      `There is no such organization in ${region}. A flow rule calls functions of its organization's region only.`,
      others.length > 0
        ? `Check the id: the functions are set up for ${others.join(', ')}. WorkMail's console shows it under Organizations.`
        : "Give the region that WorkMail's console shows for the organization with --region, and check the id (console: Organizations).",
    );
  }
  if (asked.kind !== 'answer') return unasked('organization', organizationId, asked);
  const { State = 'unknown', Alias = '' } = asked.value;
  if (State.toLowerCase() === 'active')
    return ok('organization', organizationId, `The organization "${Alias}" is in ${region} and active.`);
  return fail(
    'organization',
    organizationId,
    `The organization is not active: its state is ${State}.`,
    "Look into WorkMail's console: until it is active no mail flows.",
  );
}

/** The account that a question names, or why it names none. */
function compareAccounts(owner: string | undefined, caller: Asked<{ readonly account: string }>): Finding {
  const subject = owner ?? 'unknown';
  if (owner === undefined)
    return unknown(
      'account',
      subject,
      'The account of the organization is not known.',
      'Mend "organization" first.',
    );
  if (caller.kind !== 'answer') return unasked('account', subject, caller);
  if (caller.value.account === owner)
    return ok('account', subject, 'You ask in the account of the organization.');
  return fail(
    'account',
    subject,
    `The organization is in the account ${owner}, and you ask in ${caller.value.account}. WorkMail calls functions and reads buckets of its own account only.`,
    "Use credentials of the organization's account, and deploy there.",
  );
}

function stack({ stack: asked, stackName, region, functions, organization: owner }: Deployed): Finding {
  // In a wrong region nothing is there: that is said once.
  if (asked.kind === 'absent' && owner.kind === 'absent')
    return unknown('stack', stackName, `It was not found in ${region} either.`, 'Mend "organization" first.');
  if (asked.kind === 'absent')
    return fail(
      'stack',
      stackName,
      `There is no stack of this name in ${region}: Mailroom is not deployed there, or under another name.`,
      "Deploy as docs/install.md says, or give the stack's name with --stack.",
    );
  if (asked.kind !== 'answer') return unasked('stack', stackName, asked);
  const status = asked.value.StackStatus ?? 'unknown';
  if (!/^(CREATE|UPDATE|IMPORT|UPDATE_ROLLBACK)_COMPLETE$/.test(status))
    return fail(
      'stack',
      stackName,
      `The stack is not whole: ${status}.`,
      "Look at its events in CloudFormation's console.",
    );
  if (functions.length === 0)
    return fail(
      'stack',
      stackName,
      'The stack has no function of Mailroom.',
      'Switch on what you need in its parameters.',
    );
  const names = functions.map(({ name }) => name).join(', ');
  return ok('stack', stackName, `The stack is ${status} and has ${names}.`);
}

export function checkAccount(deployed: Deployed): readonly Finding[] {
  const owner = partsOfArn(answerOf(deployed.organization)?.ARN)?.account;
  return [
    credentials(deployed),
    organization(deployed),
    compareAccounts(owner, deployed.identity),
    stack(deployed),
  ];
}
