/** What a retry must leave as the first call left it: for handlers that are called again, or killed in between. */
import { expect } from 'vitest';
import { createWorld, finalState, restarted, type World } from './world.ts';

/** A handler's call in a world that `options` make. */
export interface Retried {
  readonly options: Parameters<typeof createWorld>[0];
  run(world: World): Promise<unknown>;
  /** What of an answer is the same for every call. */
  comparable(answer: unknown): unknown;
  /** What of a world is the same after a death. */
  readonly stateAfterDeath?: (world: World) => unknown;
}

/** Calls once, twice and three times; the answer of the first. */
export async function expectSameAfterCalls({ options, run, comparable }: Retried): Promise<unknown> {
  const first = createWorld(options);
  const answer = comparable(await run(first));
  const state = finalState(first);
  let world = first;
  for (const again of [2, 3]) {
    world = restarted(world, options);
    expect(comparable(await run(world)), `call ${again}`).toEqual(answer);
    expect(finalState(world)).toEqual(state);
    expect(world.effects).toEqual([]);
  }
  return answer;
}

/** Kills a call after each of its effects, and calls again; `also` sees each second world beside that of a whole call. */
export async function expectSameAfterDeath(
  { options, run, comparable, stateAfterDeath = finalState }: Retried,
  also: (next: World, whole: World) => void = () => undefined,
): Promise<World> {
  const whole = createWorld(options);
  const answer = comparable(await run(whole));
  for (let after = 1; after <= whole.effects.length; after += 1) {
    const dying = createWorld(options);
    dying.killAfter = after;
    expect(await run(dying)).toBe('killed');
    const next = restarted(dying, options);
    expect(comparable(await run(next)), `killed after ${whole.effects[after - 1]}`).toEqual(answer);
    expect(stateAfterDeath(next)).toEqual(stateAfterDeath(whole));
    also(next, whole);
  }
  return whole;
}
