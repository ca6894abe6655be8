import { describe, expect, it } from '@jest/globals';
import { redTests, type Mutant } from './support/mutant.js';

const REGISTRY = 'src/call/call-registry.ts';
const UTTERANCE = 'src/playout/utterance.ts';
const ATTACKS = 'test/attacks.spec.ts';

/** The mistakes this project was made to avoid: each, made on purpose, must turn these tests red. */
const CONTROLS: readonly (Mutant & { readonly mistake: string; readonly red: readonly string[] })[] = [
  {
    mistake: 'no clear is sent',
    edits: [
      {
        file: UTTERANCE,
        from: "this.#sink.clear();\n    this.#mark('fence', 0);",
        to: "this.#mark('fence', 0);",
      },
    ],
    specs: ['src/playout/playout.spec.ts'],
    red: ['a cut silences the ear within the one-way delay and 20 ms, with a lead of 600 ms'],
  },
  {
    mistake: 'cleared marks count as played',
    edits: [
      {
        file: 'src/playout/ledger.ts',
        from: 'if (this.#clearSentAt !== undefined) {',
        to: 'if (Number.isNaN(now)) {',
      },
    ],
    specs: ['src/playout/playout.spec.ts'],
    red: ['the heard position is not moved by the echoes of cleared marks'],
  },
  {
    mistake: 'the next utterance may start in complete, before the clear of the last',
    edits: [
      {
        file: 'src/playout/playout.ts',
        from: 'if (this.#current !== undefined) {',
        to: 'if (this.#closed) {',
      },
    ],
    specs: ['src/playout/playout.spec.ts'],
    red: ['a cut lets no utterance start in complete: its audio would precede the clear'],
  },
  {
    mistake: 'userSpeech$ is an edge',
    edits: [
      {
        file: 'src/listening/caller-speech.ts',
        from: 'return this.speaking$.pipe(filter(',
        to: 'return this.speaking$.pipe(skip(1), filter(',
      },
      { file: 'src/listening/caller-speech.ts', from: "} from 'rxjs';", to: ", skip } from 'rxjs';" },
    ],
    specs: ['test/conversation.spec.ts'],
    red: ['a conversation does not talk over a caller who is already talking'],
  },
  {
    mistake: 'calls share their state',
    edits: [
      {
        file: REGISTRY,
        from: 'const playout = new Playout(',
        to: 'const playout = CallRegistry.shared ??= new Playout(',
      },
      {
        file: REGISTRY,
        from: 'private readonly logger',
        to: 'static shared?: Playout;\n  private readonly logger',
      },
    ],
    specs: ['test/conversation.spec.ts'],
    red: [
      'two calls at once share nothing: each hears its own answer, and the end of one leaves the other alone',
    ],
  },
  {
    mistake: 'a late chunk is sent after a cut',
    edits: [
      {
        file: UTTERANCE,
        from: "if (this.#state === 'settled' || this.#state === 'cutting' || this.#sourceEnded) return;",
        to: '',
      },
      {
        file: UTTERANCE,
        from: "while (this.#state === 'playing' && this.#generation === generation)",
        to: 'while (this.#generation === generation)',
      },
      {
        file: 'src/playout/playout.ts',
        from: 'subscriber.add(() => {\n        stop(sources);',
        to: 'subscriber.add(() => {',
      },
    ],
    specs: ['src/playout/playout.spec.ts'],
    red: ['a cut is followed by no audio of its utterance, even if chunks come late'],
  },
  {
    mistake: 'hang-over counts as voiced time',
    edits: [
      {
        file: 'src/listening/sustained-speech.ts',
        from: 'this.#recent.push({ ms, voiced });',
        to: 'this.#recent.push({ ms, voiced: voiced || this.#silentMs <= this.#options.maxGapMs });',
      },
    ],
    specs: ['src/listening/sustained-speech.spec.ts'],
    red: [
      'the rule for sustained speech does not count hang-over: only the voiced part of a detector that lingers',
    ],
  },
  {
    mistake: 'the detector forgets in silence',
    edits: [
      {
        file: 'src/listening/silero/silero-detector.ts',
        from: 'const skipped = this.#silentWindows > SILENT_WINDOWS;',
        to: 'const skipped = this.#silentWindows > SILENT_WINDOWS;\n    if (skipped) this.#state.reset();',
      },
    ],
    specs: ['src/listening/silero/silero.spec.ts'],
    red: [
      'the Silero detector does not work in long digital silence, and does not forget what it knew before',
    ],
  },
  {
    mistake: 'our own echo counts as the caller',
    edits: [
      {
        file: 'src/listening/caller-speech.ts',
        from: 'this.#judge(ours ? 0 : probability, levelDb, windowMs);',
        to: 'this.#judge(ours ? probability : probability, levelDb, windowMs);',
      },
    ],
    specs: ['test/listening.spec.ts'],
    red: [30, 120, 250].map(
      (ms) =>
        `listening with the neural detector our own voice, back after ${ms} ms and 20 dB softer, is not the caller`,
    ),
  },
  {
    mistake: 'audio of a dead context is passed on',
    edits: [
      {
        file: 'src/tts/elevenlabs/context-socket.ts',
        from: 'const slot = contextId === undefined ? undefined : this.#slots.get(contextId);',
        to: 'const slot = [...this.#slots.values()].at(-1);',
      },
    ],
    specs: ['src/tts/elevenlabs/live-speech.spec.ts'],
    red: ['live speech never passes on what a cut context still sends'],
  },
  {
    mistake: 'history holds what was sent instead of what was heard',
    edits: [
      {
        file: 'src/conversation/history.ts',
        from: 'text: account.heardText,',
        to: 'text: `${account.heardText} ${account.unheardText}`,',
      },
    ],
    specs: ['test/conversation.spec.ts'],
    red: ['a conversation gives the next turn a history with the heard words only'],
  },
  {
    mistake: 'the SDK retries',
    edits: [
      { file: 'src/tts/elevenlabs/sdk.ts', from: 'maxRetries: 0,', to: 'maxRetries: 2,' },
      {
        file: 'src/tts/elevenlabs/http-speech.ts',
        from: '{ abortSignal, maxRetries: 0 }',
        to: '{ abortSignal }',
      },
    ],
    specs: ['src/tts/elevenlabs/http-speech.spec.ts'],
    red: ['speech over HTTP is asked once when it fails: a caller cannot wait for the retries of the SDK'],
  },
  {
    mistake: 'requests share a signal',
    edits: [
      {
        file: 'src/tts/elevenlabs/http-speech.ts',
        from: 'const controller = new AbortController();',
        to: "const controller = (globalThis['shared'] ??= new AbortController());",
      },
    ],
    specs: ['src/tts/elevenlabs/http-speech.spec.ts'],
    red: ['speech over HTTP has a signal of its own for every request: a cut one leaves the others alone'],
  },
  {
    mistake: 'a webhook is believed without a signature',
    edits: [{ file: 'src/twilio/signature.guard.ts', from: 'return genuine;', to: 'return true;' }],
    specs: [ATTACKS],
    only: 'a status without a signature|an unsigned request to /voice/incoming',
    red: [
      'A host with twenty calls going on refuses a status without a signature',
      'A host with twenty calls going on refuses an unsigned request to /voice/incoming',
    ],
  },
  {
    mistake: 'a webhook’s address is made of what it says about its host',
    edits: [
      {
        file: 'src/twilio/signature.ts',
        from: 'const url = this.origin + target;',
        to: "const url = `https://${request.headers.host ?? ''}${target}`;",
      },
    ],
    specs: [ATTACKS],
    only: 'a status signed for the host that its Host names',
    red: ['A host with twenty calls going on refuses a status signed for the host that its Host names'],
  },
  {
    mistake: 'a handshake is taken without a right signature',
    edits: [
      {
        file: 'src/twilio/signature.ts',
        from: 'const given = Buffer.from(signature);',
        to: 'const given = this.handshakes[0] ?? Buffer.from(signature);',
      },
    ],
    specs: [ATTACKS],
    only: 'a handshake with a wrong signature',
    red: ['A host with twenty calls going on refuses a handshake with a wrong signature'],
  },
  {
    mistake: 'a token is good for any call',
    edits: [
      {
        file: 'src/twilio/stream-token.ts',
        from: "if (claims.callSid !== callSid) return 'other-call';",
        to: '',
      },
    ],
    specs: [ATTACKS],
    only: 'a stream of a call that nobody makes, with a good token of another one',
    red: [
      'A host with twenty calls going on refuses a stream of a call that nobody makes, with a good token of another one',
    ],
  },
  {
    mistake: 'a token is good again and again',
    edits: [
      {
        file: 'src/twilio/stream-token.ts',
        from: "if (this.redeemed.has(claims.nonce)) return 'reused';",
        to: '',
      },
    ],
    specs: [ATTACKS],
    only: 'a second use of a token that an attacker used first, and ends no call of anybody else with it',
    red: [
      'A host with twenty calls going on refuses a second use of a token that an attacker used first, and ends no call of anybody else with it',
    ],
  },
  {
    mistake: 'a webhook that is repeated takes a call away from its caller',
    edits: [
      {
        file: 'src/twilio/stream-token.ts',
        from: "if (goesOn && !claims.follows) return 'call-going-on';",
        to: '',
      },
    ],
    specs: [ATTACKS],
    only: 'a stream of a call going on, with a good token from its own webhook, repeated',
    red: [
      'A host with twenty calls going on refuses a stream of a call going on, with a good token from its own webhook, repeated',
    ],
  },
  {
    mistake: 'sockets that are closed are not forgotten',
    edits: [
      {
        file: 'src/twilio/open-streams.ts',
        from: 'void stream.closed.then(() => this.sockets.delete(stream));',
        to: '',
      },
    ],
    specs: [ATTACKS],
    only: 'under a flood needs',
    red: [
      'A host under a flood needs no more memory after 2,000 attacks than after 400, and keeps nothing of them',
    ],
  },
  {
    mistake: 'an answer to a guess is spoken although the caller said something else',
    edits: [
      {
        file: 'src/conversation/preemption.ts',
        from: '!sameWords(guess.transcript, transcript)',
        to: 'transcript === guess.transcript + guess.transcript',
      },
    ],
    specs: ['src/conversation/preemption.spec.ts'],
    red: ['what was made for a guess is discarded for other words'],
  },
  {
    mistake: 'an answer to a guess goes on being made when the caller goes on',
    edits: [
      {
        file: 'src/conversation/preemption.ts',
        from: 'answer.made.stop();',
        to: '',
      },
    ],
    specs: ['test/preemption.spec.ts'],
    red: ['an answer that was asked for in vain never hears that the turn is over'],
  },
  {
    mistake: 'all of a guessed answer is spoken before the turn is over',
    edits: [
      {
        file: 'src/conversation/answers.ts',
        from: 'if (!isFirst) await confirmed.then(demand);',
        to: 'if (!isFirst) await demand();',
      },
    ],
    specs: ['test/preemption.spec.ts'],
    red: [
      'an answer asked for while the caller pauses has no more than its first clause spoken before the turn is over',
    ],
  },
  {
    mistake: 'status callbacks are told as they come',
    edits: [
      {
        file: 'src/twilio/callbacks/status-order.ts',
        from: 'if (sequence === undefined) return',
        to: 'if (sequence !== null) return',
      },
    ],
    specs: ['src/twilio/callbacks/status-order.spec.ts'],
    red: ['status callbacks are told in their order, whatever the order they come in'],
  },
  {
    mistake: 'whatever number is asked for is called',
    edits: [
      {
        file: 'src/twilio/calls/dial-guard.ts',
        from: 'this.checkNumber(call.to);',
        to: '',
      },
    ],
    specs: ['test/calls.spec.ts'],
    only: 'a call that the host may not place, one process',
    red: [
      'a call that the host may not place, one process a premium number of an allowed country: nothing is asked of Twilio',
    ],
  },
];

describe('a mistake made on purpose is noticed', () => {
  it.each(CONTROLS)(
    '$mistake',
    async ({ red, ...mutant }) => {
      expect(await redTests(mutant)).toEqual(expect.arrayContaining([...red]));
    },
    180_000,
  );
});
