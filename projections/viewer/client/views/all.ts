/** All views beside the timeline, in the order of their tabs. */
import type { View } from '../view.ts';
import { CallGraphView } from './call-graph.ts';
import { CommunicationView } from './communication.ts';
import { CompareView } from './compare.ts';
import { CriticalPathView } from './critical-path.ts';
import { HeatMapView } from './heat-map.ts';
import { HistogramView } from './histogram.ts';
import { LoadBalanceView } from './load-balance.ts';
import { OutliersView } from './outliers.ts';
import { SearchView } from './search.ts';
import { TimeProfileView } from './time-profile.ts';
import { UsageView } from './usage.ts';
import { UserEventsView } from './user-events.ts';

export function otherViews(): readonly View[] {
  return [
    new TimeProfileView(),
    new UsageView(),
    new HeatMapView(),
    new CommunicationView(),
    new HistogramView(),
    new CallGraphView(),
    new LoadBalanceView(),
    new CriticalPathView(),
    new OutliersView(),
    new UserEventsView(),
    new SearchView(),
    new CompareView(),
  ];
}
