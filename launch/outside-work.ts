/**
 * Does the program itself wait for timers, sockets or files in this thread? Asked only when a job looks stuck.
 *
 * Node.js lists what keeps a thread's event loop alive: handles (servers, pipes, timers), which may stay for good, and
 * requests (one access to a file, one connection attempt), which end by themselves.
 *
 * Invariants:
 * 1. A request always counts. One that was there before the program started (a file that the previous job in this
 *    thread was still closing) is over soon; were it subtracted, it would hide one of the program's own later.
 * 2. Of handles as many count as are more than the fewest ever seen: those were there before. What ended since then
 *    hides nothing that was opened later.
 * 3. Immediates are the loop's own.
 */
export class OutsideWork {
  readonly #list: () => readonly string[];
  readonly #before: Map<string, number>;

  constructor(list: () => readonly string[] = () => process.getActiveResourcesInfo()) {
    this.#list = list;
    // Pipes of the standard streams are opened when they are first asked for; a program that prints is not waiting for them.
    void [process.stdout, process.stderr];
    this.#before = this.#census();
  }

  isOpen(): boolean {
    const now = this.#census();
    let isOpen = false;
    for (const [kind, count] of now) if (isRequest(kind) || count > (this.#before.get(kind) ?? 0)) isOpen = true;
    for (const [kind, count] of this.#before) this.#before.set(kind, Math.min(count, now.get(kind) ?? 0));
    return isOpen;
  }

  #census(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const kind of this.#list()) if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts;
  }
}

/** `FSReqPromise`, `FSReqCallback`, `CloseReq`, `GetAddrInfoReqWrap`, `TCPConnectWrap`, ... */
function isRequest(kind: string): boolean {
  return /Req|ConnectWrap$|WriteWrap$|ShutdownWrap$/.test(kind);
}
