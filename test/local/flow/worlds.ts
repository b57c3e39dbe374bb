/** Worlds that close themselves after each test, and what tests look at in them. */
import { afterEach } from 'vitest';
import type { Organization } from '../../../local/organization.ts';
import { answered, type Behaviour, createWorld, people, type World, type WorldOptions } from './support.ts';

export const ALICE = 'alice@example.com';
export const BOB = 'bob@example.com';
export const CAROL = 'carol@example.com';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

export async function worldOf(
  rules: string,
  behave?: Behaviour,
  more: Partial<WorldOptions> = {},
): Promise<World> {
  const organization: Organization = people(rules);
  const world = await createWorld({ organization, ...(behave === undefined ? {} : { behave }), ...more });
  worlds.push(world);
  return world;
}

export function answering(...actions: unknown[]): Behaviour {
  return () => answered({ actions });
}

export async function outcomes(world: World, id: string): Promise<Record<string, string>> {
  const summary = await world.flow.archive.summary(id);
  return Object.fromEntries((summary?.outcomes ?? []).map(({ recipient, outcome }) => [recipient, outcome]));
}

export async function kinds(world: World, id: string): Promise<string[]> {
  return ((await world.flow.archive.trace(id)) ?? []).map((entry) => entry.kind);
}
