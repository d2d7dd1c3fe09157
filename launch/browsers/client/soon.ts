/** `setImmediate`, which browsers do not have: a timer would wait for milliseconds, in a hidden tab for a second. */
const { port1, port2 } = new MessageChannel();
const actions: (() => void)[] = [];
port1.onmessage = () => actions.shift()?.();

export function soon(action: () => void): void {
  actions.push(action);
  port2.postMessage(0);
}
