import { expect, it } from 'vitest';
import { fuzz } from '../../fuzz/policy.ts';

it('random text never makes the parser throw, and every problem has a place', async () => {
  const { runs } = await fuzz(1, 20261121);
  expect(runs).toBeGreaterThan(0);
});
