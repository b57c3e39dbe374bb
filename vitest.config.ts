import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/loopback-only.ts', 'test/support/properties.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Of the processes that tests start: their types are stripped and their code is compiled once, and not at each start.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
    pool: 'forks',
    maxWorkers: 2,
  },
});
