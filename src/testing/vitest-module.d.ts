/** The part of Vitest that is used here: it is not installed with this package. */
declare module 'vitest' {
  export const expect: { extend(matchers: object): void };
}
