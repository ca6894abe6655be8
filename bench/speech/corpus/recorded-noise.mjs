import { randomOf } from '../seeds.mjs';
import { RATE, meanLevel, scaled, telephoneBand } from '../sound.mjs';
import { filesBelow, readCat, readOgg, readWav } from './audio-files.mjs';
import { debian, npm } from './packages.mjs';

const AGENTS = '@livekit/agents@1.9.0';
const LONGEST_MS = 60_000;
const VEHICLES =
  /^"(Truck\/old bus|Modern bus start|Old bus start|Modern car horn|Level crossing|Heavy wind)/;
const TRAFFIC_MS = 60_000;

const levelled = (samples, db) => {
  const band = telephoneBand(samples.subarray(0, LONGEST_MS * RATE));
  return scaled(band, db - meanLevel(band));
};

const resource = async (file) => readOgg(`${await npm(AGENTS, 'resources')}/package/resources/${file}.ogg`);

/** Groups of recorded noise, each from one package; `read` fetches it. */
export const RECORDED_NOISE = [
  {
    name: 'office, typing and hold music of @livekit/agents',
    read: async () => [
      { name: 'office-40', samples: levelled(await resource('office-ambience'), -40) },
      { name: 'typing-35', samples: levelled(await resource('keyboard-typing'), -35) },
      { name: 'music-livekit', samples: levelled(await resource('hold_music'), -28) },
    ],
  },
  { name: 'asterisk-moh-opsound-wav', read: holdMusic },
  { name: 'openttd-opensfx', read: traffic },
];

async function holdMusic() {
  const files = filesBelow(`${await debian('asterisk-moh-opsound-wav')}/usr/share/asterisk/moh`, /\.wav$/);
  return files.map((path) => ({
    name: `music-${path.match(/([^/]+)\.wav$/)[1]}`,
    samples: levelled(readWav(path), -26),
  }));
}

/** A street: vehicles that come and go over each other. */
async function traffic() {
  const folder = await debian('openttd-opensfx');
  const vehicles = readCat(`${folder}/usr/share/games/openttd/baseset/opensfx/opensfx.cat`, VEHICLES);
  const random = randomOf('traffic');
  const street = new Float32Array(TRAFFIC_MS * RATE);
  for (let at = 0; at < street.length; at += (500 + random() * 1_500) * RATE) {
    const vehicle = vehicles[Math.floor(random() * vehicles.length)];
    const loud = 0.2 + random() * 0.8;
    for (let index = 0; index < vehicle.length; index++)
      street[(Math.floor(at) + index) % street.length] += loud * vehicle[index];
  }
  return [{ name: 'traffic-38', samples: levelled(street, -38) }];
}
