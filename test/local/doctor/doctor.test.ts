/** `mailroom doctor` before a started stand-in: as it is typed, with everything broken in turn, and without rights. */
import { afterAll, beforeAll, describe } from 'vitest';
import { brokenTests } from './broken.ts';
import { commandTests } from './command.ts';
import { deniedTests } from './denied.ts';
import { openWorld, type World } from './world.ts';

let opened: World | undefined;
beforeAll(async () => {
  opened = await openWorld();
});
afterAll(() => opened?.close());

function world(): World {
  if (opened === undefined) throw new Error('the stand-in is not open');
  return opened;
}

describe('mailroom doctor', () => commandTests(world));
describe('doctor', () => brokenTests(world));
describe('doctor without a right', () => deniedTests(world));
