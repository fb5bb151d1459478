import { defineConfig } from 'vitest/config';

/** No test is slow for long: this is how long one may take on a machine that is busy with others. */
const PATIENCE_MS = 180_000;

const common = { testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS, setupFiles: 'test/support/warnings.ts' };

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/slow/**', 'test/e2e/**'],
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          isolate: false,
          // Most of them wait: for Redis, for a turn of the engine, for a process.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/month.ts',
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
