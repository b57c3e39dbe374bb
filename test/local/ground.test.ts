/** What the stand-in says when a file that it stands on is not there. */
import { expect, test } from 'vitest';
import { openGround } from '../../local/ground.ts';
import { parseStartOptions } from '../../local/options.ts';

test('a policy that is not there is named, with the flag that names another', async () => {
  const options = parseStartOptions(['--policy', '/nowhere/policy.yaml']);
  if (options === 'help') throw new Error('no options');
  await expect(openGround(options, () => undefined)).rejects.toThrow(
    'the policy: cannot read /nowhere/policy.yaml: there is no such file; name another with --policy',
  );
});
