/** The mouse on the timeline: drag moves, the wheel zooms, a click shows an execution and its messages. */
import { gutter } from './layout.ts';
import type { TimelineView } from './view.ts';

/** Less is a click. */
const dragPixels = 4;

interface Drag {
  readonly x: number;
  readonly y: number;
  readonly begin: number;
  readonly end: number;
  readonly scroll: number;
  readonly isMarking: boolean;
  hasMoved: boolean;
}

export function listenToMouse(view: TimelineView): void {
  const { canvas } = view;
  let drag: Drag | undefined;

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const { begin, end } = view.context.store.state;
    const { offsetX: x, offsetY: y } = event;
    drag = { x, y, begin, end, scroll: view.layout.scroll, isMarking: event.shiftKey, hasMoved: false };
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
  });

  canvas.addEventListener('pointermove', (event) => {
    const { offsetX: x, offsetY: y } = event;
    view.cursor = x > gutter ? view.layout.time(x) : undefined;
    if (drag === undefined) {
      view.draw();
      return;
    }
    if (Math.hypot(x - drag.x, y - drag.y) > dragPixels) drag.hasMoved = true;
    if (!drag.hasMoved) return;
    if (drag.isMarking) {
      view.marked = [view.layout.time(drag.x), view.layout.time(x)];
      view.draw();
      return;
    }
    const shift = ((drag.x - x) * (drag.end - drag.begin)) / Math.max(1, view.layout.width - gutter);
    view.scroll = drag.scroll + drag.y - y;
    view.context.store.setWindow(drag.begin + shift, drag.end + shift, true);
    view.draw();
  });

  canvas.addEventListener('pointerup', (event) => {
    const ended = drag;
    drag = undefined;
    if (ended === undefined) return;
    if (!ended.hasMoved) {
      void pick(view, event.offsetX, event.offsetY);
      return;
    }
    if (!ended.isMarking || view.marked === undefined) return;
    const [from, to] = view.marked;
    view.marked = undefined;
    view.context.store.setWindow(Math.min(from, to), Math.max(from, to));
  });

  canvas.addEventListener('pointerleave', () => {
    view.cursor = undefined;
    view.draw();
  });

  canvas.addEventListener('dblclick', (event) => view.zoom(0.25, view.layout.time(event.offsetX)));

  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const amount = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      if (event.ctrlKey) view.scaleRows(Math.exp(-amount / 300));
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan(event.deltaX / view.layout.width);
      else if (event.shiftKey) view.scrollBy(amount);
      else view.zoom(Math.exp(amount / 400), view.layout.time(Math.max(gutter, event.offsetX)));
    },
    { passive: false },
  );
}

/** Shows the execution under the mouse; a click on a label chooses the PE, one beside everything lets go. */
async function pick(view: TimelineView, x: number, y: number): Promise<void> {
  const { layout, context } = view;
  const row = layout.rowAt(y);
  if (row === undefined) return;
  if (view.isLanes) {
    context.store.set({ chare: row.chare ?? '' });
    return;
  }
  if (x < gutter) {
    context.store.set({ pes: context.store.state.pes?.length === 1 ? undefined : [row.pe] });
    return;
  }
  try {
    const tolerance = 4 * layout.nsPerPixel;
    const { found } = await context.source.ask('pick', { pe: row.pe, time: layout.time(x), tolerance });
    context.store.set({ execution: found ?? undefined });
  } catch (error) {
    context.report(error);
  }
}
