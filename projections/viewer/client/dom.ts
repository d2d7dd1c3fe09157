/**
 * Elements of the page. Text goes in as text nodes and attribute values, never as markup: names in traces may be anything.
 */
export type Child = Node | string;

/** Attributes that are not set with `setAttribute`: listeners by their `on` names. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | ((event: never) => void);
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

export function button(label: string, title: string, onclick: () => void): HTMLButtonElement {
  return el('button', { type: 'button', title, onclick }, label);
}

/** A labelled choice. */
export function select(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onchange: (value: string) => void,
): HTMLLabelElement {
  const list = el(
    'select',
    { onchange: () => onchange(list.value) },
    ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)),
  );
  return el('label', { class: 'choice' }, `${label} `, list);
}

/** Offers a file for download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = el('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** At most one call each frame, with what is current then. */
export function perFrame(work: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      work();
    });
  };
}

/** The last call, `ms` after calls have stopped. */
export function debounced(ms: number, work: () => void): () => void {
  let timer: number | undefined;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(work, ms);
  };
}
