import { defineConfig } from 'vitest/config';

/**
 * Only the suites of what is mutated: a mutant that hangs must not wait for the whole flow. Without those that look at the
 * clock, since instrumented code takes longer, and without those that ask other readers, which say nothing that ours do not.
 */
export default defineConfig({
  test: {
    include: ['test/shared/{mime,policy,auth}/**/*.test.ts', 'test/conformance/mime-made/*.test.ts'],
    exclude: [
      'test/shared/mime/peers.test.ts',
      'test/shared/mime/body/browser.test.ts',
      'test/shared/policy/{places,schema,fuzz}.test.ts',
    ],
    testNamePattern: /^(?!.*(?:linear time|in time|is quick|quickly|takes a moment))/,
    testTimeout: 60_000,
  },
});
