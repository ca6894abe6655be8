import type { Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { CALL_BUS } from './call-bus.js';
import { CALL_DIRECTORY } from './call-directory.js';
import { LocalCallBus } from './local-call-bus.js';
import { MemoryDirectory } from './memory-directory.js';
import { MemoryStore } from './memory-store.js';
import { SHARED_STORE } from './shared-store.js';
import { ALONE, SHARING_STATUS } from './sharing-status.js';

/** For one process, which shares with nobody. */
export const ALONE_PROVIDERS: readonly Provider[] = [
  { provide: SHARED_STORE, inject: [CLOCK], useFactory: (clock: Clock) => new MemoryStore(clock) },
  { provide: CALL_DIRECTORY, inject: [CLOCK], useFactory: (clock: Clock) => new MemoryDirectory(clock) },
  { provide: CALL_BUS, inject: [CLOCK], useFactory: (clock: Clock) => new LocalCallBus(clock) },
  { provide: SHARING_STATUS, useValue: ALONE },
];
