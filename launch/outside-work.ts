/**
 * Does the program itself wait for timers, sockets or files in this thread? Asked only when a job looks stuck.
 *
 * Node.js lists what keeps a thread's event loop alive; what was there before the program started, and immediates
 * (the loop's own), do not count.
 */
export class OutsideWork {
  readonly #baseline = census();

  isOpen(): boolean {
    for (const [kind, count] of census()) if (count > (this.#baseline.get(kind) ?? 0)) return true;
    return false;
  }
}

function census(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
