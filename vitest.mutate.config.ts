import { defineConfig } from 'vitest/config';

/** Only the suites of what is mutated: a mutant that hangs must not wait for the whole flow. */
export default defineConfig({
  test: {
    include: ['test/shared/{mime,policy,auth}/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
