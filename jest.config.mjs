export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/scripts/build-worker.mjs',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/hosts/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
          externalHelpers: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  collectCoverageFrom: ['src/**/*.ts', '!src/main.ts', '!src/index.ts', '!src/**/*.spec.ts'],
  // A busy machine may take long over virtual time: no test here judges how fast the machine is.
  testTimeout: 60_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '512MB',
};
