/**
 * How traces are made: only their user may read them, since they name elements, events, notes and arguments of a
 * program. A folder or file that is there already keeps what it has.
 */
export const privateFolder = { recursive: true, mode: 0o700 } as const;
export const privateFile = { mode: 0o600 } as const;
