import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Imports point inward: the core never imports Twilio, Nest-free rooms never import Nest. */
const forbid = (files, patterns, ignores = []) => ({
  files,
  ignores: ['**/*.spec.ts', ...ignores],
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const outward = {
  regex: '(^|/)(twilio|testing|demo|cluster|console)/|^(twilio|ws|@nestjs/platform-.*)$',
  message: 'The core may not depend on the wire, on vendors or on the testing kit.',
};
const vendor = {
  regex: '(^|/)(elevenlabs|openai)(/|$)',
  message: 'The core may not depend on a vendor.',
};
const vendorClient = {
  regex: '^(ioredis|elevenlabs|openai)(/|$)',
  message: 'A port knows none of its engines.',
};
const nest = { regex: '^@nestjs/', message: 'Pure logic imports no Nest.' };
const io = { regex: '^(node:|fs|net|http)', message: 'Pure logic does no I/O.' };
const bareTime = [
  { object: 'Date', property: 'now', message: 'Inject the Clock.' },
  { object: 'performance', property: 'now', message: 'Inject the Clock.' },
];

export default tseslint.config(
  // An example is a package of its own: its types are its own node_modules', `npm run test:example` checks them.
  { ignores: ['dist', 'coverage', 'node_modules', 'demo-output', 'docs/api', 'examples'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Structural typing is what a DI seam and a test double are made of.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Of the two ways to say that an index into a typed array is in range, `as number` says what it is.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/dot-notation': 'off', // tsc asks for brackets on index signatures
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  forbid(
    ['src/{audio,call,conversation,limits,playout,listening,tts}/**/*.ts'],
    [outward, vendor],
    ['src/{tts,listening}/elevenlabs/**', 'src/conversation/openai/**'], // vendors' own folders: loaded from their own entry points only
  ),
  forbid(['src/sharing/**/*.ts'], [outward, vendor, vendorClient]),
  // Nobody but its entry point imports an engine of its own choice; the standalone host by the entry point.
  forbid(
    ['src/{twilio,metrics,events,demo,doctor,testing}/**/*.ts', 'src/*.ts'],
    [{ regex: '(^|/)cluster/|^ioredis$', message: 'Redis is loaded from its entry point only.' }],
    ['src/redis.ts'],
  ),
  forbid(
    [
      'src/{playout,audio}/**/*.ts',
      'src/limits/{call-budget,call-limiter,caller-key,limits.options}.ts',
      'src/listening/{sustained-speech,endpointing,echo-guard,far-end,line-clock,listening-profiles}.ts',
    ],
    [outward, nest, io],
  ),
  {
    files: ['src/{call,cluster,conversation,limits,playout,listening,sharing,tts}/**/*.ts'],
    ignores: ['**/*.spec.ts', 'src/call/system-clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
          name,
          message: 'Inject the Clock.',
        })),
      ],
      'no-restricted-properties': ['error', ...bareTime],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
