import { Injectable } from '@nestjs/common';
import type { AgentEntry } from './history.js';
import type { Reply } from './reply.js';
import type { Turn, VoiceAgent } from './voice-agent.js';

const GREETING =
  'Hello, and thank you for calling. I am a machine that likes to talk. ' +
  'Ask me anything, and interrupt me whenever you like. I will stop at once.';

/** Each takes well over twenty seconds to say: long enough to want to interrupt. */
const TALES = [
  'Telephones have carried voices since the year eighteen seventy six. ' +
    'At first a caller had to shout, and an operator joined two wires by hand. ' +
    'Later the dial came, then the push button, and then the satellite. ' +
    'Today your voice is cut into pieces of twenty milliseconds, and fifty of them travel every second. ' +
    'Each piece holds one hundred and sixty samples, and a sample is a single byte. ' +
    'When you speak, the pieces come to me, and when I speak, they go to you. ' +
    'What I have sent ahead waits in a buffer at the telephone company. ' +
    'If nobody empties that buffer, you have to listen to the end, however loudly you protest.',
  'The sea covers most of our planet, and most of it has never been seen by anyone. ' +
    'At the deepest place the water is nearly eleven kilometres high. ' +
    'Light fades after the first two hundred metres, and below that the animals make their own. ' +
    'Some fish carry a small lamp in front of their mouth. ' +
    'Some jellyfish glow when they are touched, to call the enemy of their enemy. ' +
    'Whales talk to each other over hundreds of kilometres, and nobody has ever interrupted one politely. ' +
    'Their songs change a little every year, like fashion does on land. ' +
    'And every spring, when the plankton grows, the whole ocean becomes a little greener.',
  'A good clock is harder to build than it seems. ' +
    'The first ones dripped water, and in winter the water froze. ' +
    'Then came the pendulum, which is fine on land and useless at sea. ' +
    'A carpenter named John Harrison spent most of his life on a watch that would not mind the waves. ' +
    'With it, a captain could tell how far east or west his ship had sailed. ' +
    'Today atoms keep the time, and they lose less than a second in a million years. ' +
    'Still, a telephone call needs two clocks, one at each end, and they never quite agree. ' +
    'So whoever wants to know what you heard must ask the other clock, and wait for the answer.',
];

/** Greets, tells long stories, and proves that it knows what was heard: it quotes the last words before a cut. */
@Injectable()
export class DemoAgent implements VoiceAgent {
  onCallStart(): Reply {
    return GREETING;
  }

  reply({ history }: Turn): Reply {
    const said = history.filter((entry): entry is AgentEntry => entry.role === 'agent');
    const tale = TALES[(said.length + TALES.length - 1) % TALES.length] ?? '';
    const last = said.at(-1);
    if (last?.interrupted !== true) return tale;
    const words = last.text
      .split(/\s+/)
      .slice(-4)
      .join(' ')
      .replace(/[.,;]+$/, '');
    return words === ''
      ? `You did not let me begin. ${tale}`
      : `You stopped me after: ${words}. Very well. ${tale}`;
  }
}
