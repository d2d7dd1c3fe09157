/** Assertions: our own bugs, never the user's. A failed one ends the PE. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export class AssertionError extends Error {
  constructor(message: string) {
    super(`internal error: ${message}`);
    this.name = 'AssertionError';
  }
}
