import { afterEach, describe, expect, it } from '@jest/globals';
import { throwError } from 'rxjs';
import {
  CALL_RECORDS,
  type CallRecord,
  REDACTOR,
  type Redactor,
  type RedactionPlace,
  type Voice,
} from '../src/index.js';
import {
  ScriptedAgent,
  ScriptedTranscriber,
  ScriptedVoice,
  type VirtualClock,
} from '../src/testing/index.js';
import { EverythingTold } from './support/everything-told.js';
import { Host } from './support/host.js';

let ends: (() => Promise<void>) | undefined;
afterEach(() => ends?.());

async function callWith(
  redactor: Redactor | undefined,
  voice = (clock: VirtualClock): Voice => new ScriptedVoice(clock),
) {
  const told = new EverythingTold();
  const host = await Host.boot<Voice>({
    agent: (clock) => new ScriptedAgent(clock, ['My number is +1 500 555 0001.']),
    transcriber: (clock) => new ScriptedTranscriber(clock, { utterances: ['call me at 500 555 0002'] }),
    voice,
    providers: () => [
      { provide: CALL_RECORDS, useValue: { store: (record: CallRecord) => void told.records.push(record) } },
      ...(redactor === undefined ? [] : [{ provide: REDACTOR, useValue: redactor }]),
    ],
  });
  told.listen();
  const call = host.dial();
  ends = () => host.module.close();
  await host.clock.advance(1_000);
  call.speak(1_500);
  await host.clock.advance(10_000);
  call.hangUp();
  await host.clock.advance(1_000);
  return { told, record: told.records[0] };
}

/** Its errors are not what a log should hold. */
const forger = (): Voice => ({
  name: 'forger',
  synthesize: () =>
    throwError(() =>
      Object.assign(new Error('no line for +1 500 555 0003\r\n[Nest] ERROR \u001B[2Jall is lost'), {
        name: 'Evil\n[Nest] ERROR forged',
        code: '+15005550004',
      }),
    ),
});

describe('what others write into errors', () => {
  it('forges no line of the log and puts no number into it, at any level', async () => {
    const { told } = await callWith(undefined, forger);
    const lines = told.lines.filter((line) => line.includes('Evil'));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.some((line) => line.includes('no line for [number]'))).toBe(true); // the level of debugging
    // eslint-disable-next-line no-control-regex
    expect(told.lines.filter((line) => /[\u0000-\u001f]/.test(line))).toEqual([]);
    expect(told.leaksOf(/555/).filter((leak) => leak.startsWith('log'))).toEqual([]);
  });
});

describe('a redactor of the host’s', () => {
  it('is asked for each place, and its answer is what is shown', async () => {
    const places = new Set<RedactionPlace>();
    const redactor: Redactor = {
      redact: (text, place) => {
        places.add(place);
        return text.replace(/\d/g, '#');
      },
    };
    const { record } = await callWith(redactor, forger);
    expect([...places].sort()).toEqual(['log', 'record']);
    expect(record?.turns[0]?.words).toBe('call me at ### ### ####');
    expect(record?.failures[0]?.code).toBe('+###########');
  });

  it('that throws lets nothing through, and the call goes on', async () => {
    const { record } = await callWith({
      redact: () => {
        throw new Error('no');
      },
    });
    expect(record?.turns[0]).toMatchObject({
      words: '[not shown: the redactor failed]',
      answer: { ended: 'played', heard: '[not shown: the redactor failed]' },
    });
  });

  it('and a store of the host’s are refused at boot when they lack their method', async () => {
    const boot = (provide: symbol) =>
      Host.boot({
        agent: (clock) => new ScriptedAgent(clock, ['']),
        providers: () => [{ provide, useValue: {} }],
      });
    await expect(boot(REDACTOR)).rejects.toThrow('REDACTOR must have a method redact');
    await expect(boot(CALL_RECORDS)).rejects.toThrow('CALL_RECORDS must have a method store');
  });
});
