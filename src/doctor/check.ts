/** What is wrong, and in one sentence what to do about it. */
export interface Problem {
  readonly problem: string;
  readonly fix: string;
}

/** What a check found out; a warning is worth a look and does not keep calls from working. */
export type Finding =
  | { readonly status: 'ok'; readonly detail: string }
  | { readonly status: 'warning' | 'failed'; readonly problems: readonly Problem[] }
  | { readonly status: 'skipped'; readonly reason: string };

/** One thing that is looked at. */
export interface Check<Context> {
  readonly name: string;
  /** Checks without whose success this one means nothing; they come before it. */
  readonly needs: readonly string[];
  /** Environment variables it reads: when one of them is wrong there is nothing to check. */
  readonly reads: readonly string[];
  /** What it throws is a fault of the doctor's. */
  run(context: Context): Finding | Promise<Finding>;
}

/** A check and what it found. */
export interface Result {
  readonly name: string;
  readonly finding: Finding;
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const skipped = (reason: string): Finding => ({ status: 'skipped', reason });
export const failed = (problem: string, fix: string): Finding => ({
  status: 'failed',
  problems: [{ problem, fix }],
});
export const warning = (problem: string, fix: string): Finding => ({
  status: 'warning',
  problems: [{ problem, fix }],
});
