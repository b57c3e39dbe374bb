/** The recipes of the docs are what runs: their policy, their message, and what comes of it octet for octet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import type { RecipientOutcome } from '../../shared/policy/decision.ts';
import { readPolicy } from '../../shared/policy/index.ts';
import type { RuleResponse } from '../../shared/workmail/types.ts';
import { CONTEXT, createWorld, MESSAGE_ID, ruleEvent } from '../handlers/support/world.ts';
import { RECIPES, type Recipe, readRecipes } from './support/recipes.ts';
import { policyOf, runRecipe } from './support/run-recipe.ts';

const recipes = readRecipes();

/** What WorkMail is told for an outcome; a recipient that it is told nothing of gets the rule's fallback. */
const TOLD: Readonly<Record<RecipientOutcome['outcome'], string>> = {
  quarantine: 'DROP',
  deleteMessage: 'DROP',
  rejectMessage: 'BOUNCE',
  redirectTo: 'DROP',
  removed: 'DROP',
  useFallback: 'fallback',
  moveToJunk: 'MOVE_TO_JUNK',
  deliver: 'DEFAULT',
  bypassSpamCheck: 'BYPASS_SPAM_CHECK',
};

const MARK = /^X-Mailroom-Mark: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*/m;
/** Keys of attachments have an id of the invocation, where explain has zeros; it may be broken over two lines. */
const KEPT = /attachments\/(?:[0-9a-f]{32}|[0-9a-f]+=\r\n[0-9a-f]+)(?=\/\d)/g;
/** Both without the ids. */
const withoutIds = (content: string): string => content.replace(KEPT, 'attachments/ID');

function toldOf({ actions }: RuleResponse, address: string): string {
  const own = actions.find(({ recipients }) => recipients?.includes(address) === true);
  return (own ?? actions.find(({ allRecipients }) => allRecipients === true))?.action.type ?? 'fallback';
}

/** Lets the function do it. */
async function handled(recipe: Recipe) {
  const world = createWorld({
    policy: await policyOf(recipe),
    message: recipe.message,
    now: () => recipe.at,
    groups: Object.fromEntries([...recipe.groups].map(([name, members]) => [name, [...members]])),
  });
  const event = ruleEvent({
    flowDirection: recipe.direction.toUpperCase(),
    envelope: {
      mailFrom: { address: recipe.sender },
      recipients: recipe.recipients.map((address) => ({ address })),
    },
  });
  const response = await createFlowHandler([rules], () => world.ports)(event, CONTEXT);
  const content = Buffer.from(world.messages.get(MESSAGE_ID) ?? '').toString('latin1');
  return { world, response, content: content.replace(MARK, '') };
}

describe('docs/recipes', () => {
  it('has at least 20, each with a name of its own', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(20);
    expect(new Set(recipes.map(({ name }) => name)).size).toBe(recipes.length);
  });

  it('has every page in the list of docs/recipes.md', () => {
    const list = readFileSync(join(RECIPES, '../recipes.md'), 'utf8');
    const pages = new Set(recipes.map(({ name }) => name.split(':')[0]));
    for (const page of pages) expect(list).toContain(`(recipes/${page}.md)`);
  });
});

describe.each(recipes.map((recipe) => [recipe.name, recipe] as const))('%s', (_name, recipe) => {
  it('has a policy without a warning', async () => {
    const read = await readPolicy(recipe.policy, 'policy.yaml');
    expect((read.ok ? read.warnings : read.problems).map(({ message }) => message)).toEqual([]);
  });

  it('does with the message what the page says', async () => {
    const { after, happens, explanation } = await runRecipe(recipe);
    const becomes = recipe.becomes?.replaceAll('\n', '\r\n') ?? recipe.message.toString('utf8');
    expect(after.toString('utf8')).toBe(becomes);
    expect(explanation.refused).toBeUndefined();
    if (recipe.happens !== undefined) expect(happens).toBe(recipe.happens);
    expect(
      recipe.becomes !== undefined || recipe.happens !== undefined,
      'the page says what comes of it',
    ).toBe(true);
  });

  it('shows a change where the page has one', async () => {
    if (recipe.becomes !== undefined)
      expect(recipe.becomes.replaceAll('\n', '\r\n')).not.toBe(recipe.message.toString('utf8'));
    const { explanation } = await runRecipe(recipe);
    expect(explanation.diff?.length === 0).toBe(recipe.becomes === undefined);
  });

  it('is what the function does, content and answer', async () => {
    const { after, explanation } = await runRecipe(recipe);
    const { content, response, world } = await handled(recipe);
    expect(withoutIds(content)).toBe(withoutIds(after.toString('latin1')));
    for (const { address, outcome } of explanation.recipients)
      expect([address, toldOf(response, address)]).toEqual([address, TOLD[outcome.outcome]]);
    const known = new Set(recipe.recipients);
    const added = response.actions
      .flatMap(({ recipients = [] }) => recipients)
      .filter((one) => !known.has(one));
    expect(new Set(added)).toEqual(new Set(explanation.added.map(({ address }) => address)));
    expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
