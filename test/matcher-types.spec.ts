import { describe, expect, it } from '@jest/globals';
import { compileErrors } from './support/compiled-blocks.js';

const OWN = `declare const call: import('nestjs-twilio-voice/testing').SimulatedCall;`;
const block = (head: string, assertion: string) => `${head}
import 'nestjs-twilio-voice/testing/jest';

${assertion}
`;

describe('the matchers', () => {
  const heads: [string, string][] = [
    ['the expect of @jest/globals', `import { expect } from '@jest/globals';`],
    ['the global expect', ''],
  ];
  it.each(heads)(
    'are known to %s, with their arguments',
    (_, head) => {
      const right = block(
        head,
        `expect(call).toHaveHeard('Hello');
expect(call).not.toHaveHeard(/goodbye/);
expect(call).toHaveStoppedWithin(300);
expect(call).not.toHaveBeenAnsweredWithin(500);`,
      );
      const wrong = [`toHaveHeard(300)`, `toHaveStoppedWithin('soon')`, `not.toHaveBeenAnsweredWithin()`];
      expect(compileErrors([right], OWN)).toEqual([]);
      expect(compileErrors([block(head, `expect(call).${wrong.join(';\nexpect(call).')};`)], OWN)).toEqual([
        expect.stringMatching(/^block 1, line 4: Argument of type 'number' is not assignable/),
        expect.stringMatching(/^block 1, line 5: Argument of type 'string' is not assignable/),
        expect.stringMatching(/^block 1, line 6: Expected 1 arguments, but got 0/),
      ]);
    },
    120_000,
  );
});
