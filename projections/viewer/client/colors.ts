/**
 * Colours that people with any colour vision can tell apart, always the same for the same name.
 *
 * Hues are those of Okabe and Ito and of Tol's muted scheme, each in two lightnesses. A name has a favourite place by its
 * hash. Where names of a trace want the same place, the later one in the alphabet takes the next that is free, so the same
 * program has the same colours in every run. With more names than colours, colours repeat.
 */
const light = [
  '#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#882255', '#999933',
  '#332288', '#ddaa33', '#117733', '#aa4499', '#88ccee', '#bb5566', '#44aa99', '#6699cc',
  '#997700', '#ee99aa', '#004488', '#994455', '#5d8a32', '#7f5fc4', '#c2871e', '#4f9fae',
]; // biome-ignore format: a table
const dark = [
  '#4ba3dd', '#f0b429', '#2fc79b', '#e39bc4', '#7cc9f5', '#f2803a', '#c25a8e', '#bdbd55',
  '#8273e0', '#f2cc66', '#4fae6d', '#d070c4', '#a6ddf7', '#e0808f', '#6fcfbf', '#8fb8e6',
  '#c9a227', '#f7b6c2', '#5b8fd0', '#cc7785', '#8cc05a', '#a98ff0', '#e0a94a', '#7cc4d2',
]; // biome-ignore format: a table

export type Theme = 'light' | 'dark';

export interface Palette {
  readonly theme: Theme;
  readonly background: string;
  readonly panel: string;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly idle: string;
  readonly overhead: string;
  readonly accent: string;
  readonly path: string;
  readonly warn: string;
  /** By entry row; `none` and what is unknown is grey. */
  entry(row: number): string;
  /** 0xBBGGRR, as pixels of an image take it. */
  entryPixel(row: number): number;
}

const themes = {
  light: {
    background: '#ffffff',
    panel: '#f5f6f8',
    text: '#1b1f27',
    faint: '#667080',
    grid: '#dfe3e9',
    idle: '#eef0f3',
    overhead: '#c3c9d2',
    accent: '#0b5cad',
    path: '#c1121f',
    warn: '#b3261e',
  },
  dark: {
    background: '#14171c',
    panel: '#1c2027',
    text: '#e7eaf0',
    faint: '#97a1b0',
    grid: '#303640',
    idle: '#23282f',
    overhead: '#59626f',
    accent: '#6cb2ff',
    path: '#ff6b6b',
    warn: '#ff8a80',
  },
} as const;

const unknownColor = '#8a8f98';

export function paletteOf(theme: Theme, names: readonly string[], executed: Iterable<number>): Palette {
  const colors = theme === 'light' ? light : dark;
  const rows = [...executed];
  const found = placesOf(
    rows.map((row) => names[row] ?? ''),
    colors.length,
  );
  const places = new Int32Array(names.length).fill(-1);
  for (const [i, row] of rows.entries()) places[row] = found[i]!;
  const pixels = Uint32Array.from(places, (place) => pixelOf(colors[place] ?? unknownColor));
  const unknown = pixelOf(unknownColor);
  return {
    theme,
    ...themes[theme],
    entry: (row) => colors[places[row] ?? -1] ?? unknownColor,
    entryPixel: (row) => pixels[row] ?? unknown,
  };
}

/** The place of each name in the list of colours. */
export function placesOf(names: readonly string[], colors: number): number[] {
  const taken = new Uint32Array(colors);
  const places = new Map<string, number>();
  for (const name of [...new Set(names)].sort()) {
    let place = hashOf(name) % colors;
    const round = Math.min(...taken);
    while (taken[place]! > round) place = (place + 7) % colors;
    taken[place]!++;
    places.set(name, place);
  }
  return names.map((name) => places.get(name)!);
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export function pixelOf(color: string): number {
  const value = Number.parseInt(color.slice(1), 16);
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >>> 16);
}

/** Between two pixels, 0 to 255 of the second. */
export function mixed(a: number, b: number, share: number): number {
  const rest = 255 - share;
  const red = ((a & 0xff) * rest + (b & 0xff) * share) / 255;
  const green = (((a >>> 8) & 0xff) * rest + ((b >>> 8) & 0xff) * share) / 255;
  const blue = (((a >>> 16) & 0xff) * rest + ((b >>> 16) & 0xff) * share) / 255;
  return (blue << 16) | (green << 8) | red;
}

/** Black or white, whichever can be read on it. */
export function textOn(color: string): string {
  const value = Number.parseInt(color.slice(1), 16);
  const luminance = 0.299 * (value >>> 16) + 0.587 * ((value >>> 8) & 0xff) + 0.114 * (value & 0xff);
  return luminance > 140 ? '#111111' : '#ffffff';
}

/** 0 to 1 as the colours of viridis, which grow evenly in lightness. */
export function scaleColor(share: number): string {
  const steps = viridis.length - 1;
  const at = Math.max(0, Math.min(1, share)) * steps;
  const low = Math.min(steps - 1, Math.floor(at));
  const pixel = mixed(pixelOf(viridis[low]!), pixelOf(viridis[low + 1]!), Math.round((at - low) * 255));
  return `#${[pixel & 0xff, (pixel >>> 8) & 0xff, pixel >>> 16].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

const viridis = [
  '#440154',
  '#482878',
  '#3e4989',
  '#31688e',
  '#26828e',
  '#1f9e89',
  '#35b779',
  '#6ece58',
  '#b5de2b',
  '#fde725',
];
