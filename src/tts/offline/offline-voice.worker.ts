import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ClauseSpeaker } from './clause-speaker.js';
import { Flite } from './flite.js';
import type { ClauseAnswer, ClauseRequest, WorkerSettings } from './worker-protocol.js';

/** Synthesis blocks for tens of milliseconds, so it runs on a thread of its own. */
const { wasmPath, cacheBytes } = workerData as WorkerSettings;
const speaker = new ClauseSpeaker(new Flite(new WebAssembly.Module(readFileSync(wasmPath))), cacheBytes);

const answer = ({ text, voice, stretch }: ClauseRequest): ClauseAnswer => {
  try {
    return { clause: speaker.speak(text, voice, stretch) };
  } catch (reason) {
    return { error: reason instanceof Error ? reason.message : String(reason) };
  }
};

parentPort?.on('message', (request: ClauseRequest) => {
  parentPort?.postMessage(answer(request));
});
