import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMonoWav } from '../../../dist/audio/wav.js';
import { toTelephoneRate } from '../sound.mjs';
import { noiseGroup } from './groups.mjs';

/** Prefix of speakers who shout. */
const SHOUTERS = /^hw_/;

/** A folder of telephone audio with a `labels.json`: speech/, noise/, calls/. */
export function labelledCorpus(folder) {
  const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8'));
  const read = ({ file }) => {
    const { samples, sampleRate } = readMonoWav(readFileSync(join(folder, file)));
    return toTelephoneRate(samples, sampleRate);
  };
  const of = (kind) => labels.filter(({ file }) => file.startsWith(`${kind}/`));
  const name = ({ file }) => file.replace(/^\w+\/|\.wav$/g, '');
  return {
    speech: of('speech').map((label) => ({
      name: name(label),
      speaker: label.speaker,
      group: speechGroup(label),
      samples: read(label),
      segments: label.speech_segments_s.map(([start, end]) => ({ startMs: start * 1000, endMs: end * 1000 })),
    })),
    noise: of('noise').map((label) => ({
      name: name(label),
      group: noiseGroup(name(label)),
      samples: read(label),
    })),
    calls: of('calls').map((label) => ({
      name: name(label),
      background: label.background,
      samples: read(label),
      events: label.events.map(({ type, text, start_s, end_s }) => ({
        type,
        text,
        startMs: start_s * 1000,
        endMs: end_s * 1000,
      })),
    })),
    skipped: [],
  };
}

function speechGroup({ kind, speaker }) {
  if (kind === 'cough' || kind === 'laugh') return kind;
  if (kind === 'backchannel' || kind === 'tts_bc') return 'backchannel';
  if (SHOUTERS.test(speaker)) return 'shouting';
  return kind === 'tts' ? 'synthetic speech' : 'real speech';
}
