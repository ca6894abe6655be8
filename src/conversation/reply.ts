import type { Observable } from 'rxjs';

/**
 * What the agent says: at once, or as it is written. Pieces may be of any size. An empty one is not spoken: it says that
 * the agent is still working, and the time limits of the answer begin anew.
 */
export type Reply = string | Promise<string> | AsyncIterable<string> | Observable<string>;
