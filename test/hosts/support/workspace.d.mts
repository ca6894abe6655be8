/** @returns the path of a Node of that major version */
export function nodePath(directory: string, major: 20 | 22 | 24): string;
/** A PATH in which `node` is that one. */
export function pathWith(node: string): string;
/** New projects as the CLI of a major version makes them, by their names. */
export const STOCK: Readonly<
  Record<string, { readonly nest: number; readonly format: string; readonly runner: string }>
>;
