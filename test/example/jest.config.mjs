import base from '../../jest.config.mjs';

/** The example, installed with the packed package: it takes minutes, so it runs by a command of its own. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/example'],
  testMatch: ['**/*.example.ts'],
  globalSetup: undefined,
  testTimeout: 240_000,
  maxWorkers: 1,
};
