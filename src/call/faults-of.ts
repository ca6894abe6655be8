/** Does each of them, whatever one throws. @returns what was thrown */
export function faultsOf(tasks: readonly (() => void)[]): unknown[] {
  return tasks.flatMap((task) => {
    try {
      task();
      return [];
    } catch (error) {
      return [error];
    }
  });
}
