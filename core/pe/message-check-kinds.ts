/** The ways to check messages; see message-check.ts. Apart from it, since commands must not load the runtime to know them. */
export const messageChecks = ['changes', 'freeze'] as const;
export type MessageCheckKind = (typeof messageChecks)[number];
