/** All views beside the timeline, in the order of their tabs. */
import type { View } from '../view.ts';

export function otherViews(): readonly View[] {
  return [];
}
