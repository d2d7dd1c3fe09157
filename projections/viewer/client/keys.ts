/** The keyboard: every key with what it does, for the page and for its help. */
export interface Key {
  readonly keys: readonly string[];
  readonly label: string;
  readonly what: string;
}

export const keyList = {
  left: { keys: ['a', 'ArrowLeft'], label: 'A ←', what: 'move to the left' },
  right: { keys: ['d', 'ArrowRight'], label: 'D →', what: 'move to the right' },
  zoomIn: { keys: ['w', '+', '='], label: 'W +', what: 'zoom in' },
  zoomOut: { keys: ['s', '-'], label: 'S -', what: 'zoom out' },
  up: { keys: ['ArrowUp'], label: '↑', what: 'scroll up' },
  down: { keys: ['ArrowDown'], label: '↓', what: 'scroll down' },
  fit: { keys: ['f', '0'], label: 'F', what: 'show the whole run' },
  undo: { keys: ['z'], label: 'Z', what: 'back to the window before' },
  previous: { keys: ['['], label: '[', what: 'execution before, on the same PE' },
  next: { keys: [']'], label: ']', what: 'next execution, on the same PE' },
  previousMethod: { keys: ['{'], label: '{', what: 'execution of the same entry method before' },
  nextMethod: { keys: ['}'], label: '}', what: 'next execution of the same entry method' },
  sender: { keys: ['g'], label: 'G', what: 'go to the execution that sent the message' },
  back: { keys: ['b'], label: 'B', what: 'messages that led to the execution, back to the first' },
  focus: { keys: ['e'], label: 'E', what: 'zoom to the execution' },
  path: { keys: ['c'], label: 'C', what: 'critical path, on and off' },
  table: { keys: ['t'], label: 'T', what: 'picture or table' },
  search: { keys: ['/'], label: '/', what: 'search' },
  theme: { keys: ['l'], label: 'L', what: 'light or dark' },
  views: { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], label: '1 to 9', what: 'the views, in their order' },
  clear: { keys: ['Escape'], label: 'Esc', what: 'let go of the execution; close this' },
  help: { keys: ['?', 'h'], label: '?', what: 'this list' },
} as const satisfies Record<string, Key>;
export type KeyName = keyof typeof keyList;

export function keyNamed(key: string): KeyName | undefined {
  const lower = key.length === 1 ? key.toLowerCase() : key;
  for (const [name, { keys }] of Object.entries(keyList))
    if ((keys as readonly string[]).includes(lower)) return name as KeyName;
  return undefined;
}
