// npm run bench:detector: what one frame of 20 ms costs, with 300 callers in turn, and the garbage it makes.
import process from 'node:process';
import { EnergyDetector, SileroDetector, SileroNetwork } from '../dist/index.js';
import { EchoGuard } from '../dist/listening/echo-guard.js';
import { FarEnd } from '../dist/listening/far-end.js';
import { plainKernel } from '../dist/listening/silero/dense.js';

const CALLERS = 300;
const ROUNDS = 50;
const FRAME = Int16Array.from({ length: 160 }, (_, index) => 3_000 * Math.sin(index * index * 0.01));
const MULAW = Uint8Array.from({ length: 160 }, (_, index) => (index * 37) & 255);

/** Median µs per frame over five repetitions, after one to warm up. */
function cost(frames) {
  const round = () => {
    const from = process.cpuUsage();
    for (let index = 0; index < ROUNDS; index++) for (const frame of frames) frame(index * 20);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / (ROUNDS * frames.length);
  };
  round();
  return Array.from({ length: 5 }, round).sort((a, b) => a - b)[2];
}

const many = (make) => Array.from({ length: CALLERS }, make);
const ignore = () => undefined;
const detector = (make) =>
  many(() => {
    const one = make();
    return () => one.process(FRAME, ignore);
  });
const guarded = many(() => {
  const farEnd = new FarEnd();
  const guard = new EchoGuard(farEnd);
  return (now) => {
    farEnd.sent(MULAW, now);
    if (now % 32 < 20) guard.explains(-30, now, true);
  };
});
const network = new SileroNetwork();
const plain = new SileroNetwork(plainKernel);

console.table(
  Object.fromEntries(
    Object.entries({
      [`Silero, ${network.kernelName}`]: detector(() => new SileroDetector(network)),
      [`Silero, ${plain.kernelName}`]: detector(() => new SileroDetector(plain)),
      energy: detector(() => new EnergyDetector()),
      'echo guard': guarded,
    }).map(([name, frames]) => [name, { 'µs per 20 ms': Number(cost(frames).toFixed(1)) }]),
  ),
);
