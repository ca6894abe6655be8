import { type Observable, of } from 'rxjs';

/** Whether what the instances share can be reached. */
export interface SharingStatus {
  readonly isUp: boolean;
  /** {@link isUp} now, and each change of it. */
  readonly up$: Observable<boolean>;
  /** Whether new calls are to be let in: always while it is up, else as the options say. */
  readonly acceptsCalls: boolean;
}

/** DI token of the {@link SharingStatus}. */
export const SHARING_STATUS = Symbol('SHARING_STATUS');

/** One process shares with nobody. */
export const ALONE: SharingStatus = { isUp: true, up$: of(true), acceptsCalls: true };
