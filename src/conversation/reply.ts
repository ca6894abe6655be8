import type { Observable } from 'rxjs';

/** What the agent says: at once, or as it is written. Pieces may be of any size; empty ones are skipped. */
export type Reply = string | Promise<string> | AsyncIterable<string> | Observable<string>;
