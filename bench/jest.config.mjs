import base from '../jest.config.mjs';

/** Measurements, not tests: they print tables and run by their own commands. */
export default {
  ...base,
  rootDir: '..',
  roots: ['<rootDir>/bench'],
  testMatch: ['**/*.bench.ts'],
  globalSetup: undefined,
  maxWorkers: 1,
};
