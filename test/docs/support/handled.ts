/** What the function makes of a message by the policy of a recipe. */
import { createFlowHandler } from '../../../handlers/edge/flow.ts';
import { rules } from '../../../handlers/edge/steps/rules.ts';
import type { RuleResponse } from '../../../shared/workmail/types.ts';
import {
  CONTEXT,
  createWorld,
  MESSAGE_ID,
  ruleEvent,
  type World,
  type WorldOptions,
} from '../../handlers/support/world.ts';
import { type Recipe, readRecipes } from './recipes.ts';
import { policyOf } from './run-recipe.ts';

const recipes = readRecipes();
const MARK = /^X-Mailroom-Mark: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*/m;

/** Of the page about AWS's samples. */
export function recipe(title: string): Recipe {
  const found = recipes.find(({ name }) => name === `aws-samples: ${title}`);
  if (found === undefined) throw new Error(`there is no recipe "${title}"`);
  return found;
}

export interface Mail {
  readonly text: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly outbound?: boolean;
}

export interface Handled {
  readonly world: World;
  readonly response: RuleResponse;
  /** Without the mark; octets as latin1. */
  readonly content: string;
}

/** Lets the recipe's policy act on a message, as the function does. Line ends become CRLF. */
export async function handle(
  title: string,
  mail: Mail,
  options: Partial<WorldOptions> = {},
): Promise<Handled> {
  const policy = await policyOf(recipe(title));
  const message = Buffer.from(mail.text.replace(/\r?\n/g, '\r\n'), 'latin1');
  const world = createWorld({ policy, message, ...options });
  return call(world, mail);
}

/** One call of the function in a world that may have seen others. */
export async function call(world: World, mail: Mail): Promise<Handled> {
  const event = ruleEvent({
    flowDirection: mail.outbound === true ? 'OUTBOUND' : 'INBOUND',
    envelope: {
      mailFrom: { address: mail.from ?? 'wendy@good.example' },
      recipients: (mail.to ?? ['alice@example.com']).map((address) => ({ address })),
    },
  });
  const response = await createFlowHandler([rules], () => world.ports)(event, CONTEXT);
  const content = Buffer.from(world.messages.get(MESSAGE_ID) ?? '').toString('latin1');
  return { world, response, content: content.replace(MARK, '') };
}

/** What each recipient is told. */
export function typeFor({ response }: Handled, address: string): string {
  const own = response.actions.find(({ recipients }) => recipients?.includes(address) === true);
  const all = response.actions.find(({ allRecipients }) => allRecipients === true);
  return (own ?? all)?.action.type ?? 'fallback';
}
