import base from '../../jest.config.mjs';

/** The packed tarball in fresh hosts: installs hundreds of packages, so it runs by a command of its own. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/hosts'],
  testMatch: ['**/*.hosts.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/hosts/support/set-up.mjs',
  globalTeardown: '<rootDir>/test/hosts/support/tear-down.mjs',
  testTimeout: 120_000,
  // One file after the other: the cells of the first are judged by the clock.
  maxWorkers: 1,
  maxConcurrency: 4,
};
