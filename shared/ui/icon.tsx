/** Strokes on a 16 × 16 grid. */
const PATHS = {
  circle: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Z',
  clock: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM8 5v3l2 1.5',
  progress: 'M13.5 8A5.5 5.5 0 1 1 8 2.5',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8m0-8-8 8',
  dash: 'M4 8h8',
  eye: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z',
  external: 'M9 3h4v4M13 3 7.5 8.5M11.5 9.5V13H3V4.5h3.5',
  runs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  slots: 'M2.5 3h4.6v4.4H2.5V3Zm6.4 0h4.6v4.4H8.9V3ZM2.5 9h4.6v4.4H2.5V9Zm6.4 0h4.6v4.4H8.9V9Z',
  releases: 'M8 13V3m0 0L4.3 6.7M8 3l3.7 3.7M3 13.5h10',
  settings: 'M2.5 5h6m3 0h2M2.5 11h2m3 0h6M10 3.5v3M6 9.5v3',
  warning: 'M8 2.3 14.5 13.5h-13L8 2.3ZM8 6.5v3.2m0 1.8v.1',
  info: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM8 7.5V11m0-5.6v.1',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  chevron: 'm5.5 3.5 4.5 4.5-4.5 4.5',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3',
  branch: 'M5 3.5v9m0 0a1 1 0 1 0 0 .1M11 5.5a1.2 1.2 0 1 0 0-.1m0 1.8c0 2.3-2 3-6 3.6',
  target: 'M8 1.8v2.4m0 7.6v2.4M1.8 8h2.4m7.6 0h2.4M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  picture: 'M2.5 3.5h11v9h-11v-9Zm0 7.2 3-3 2.4 2.4 2.6-2.6 3 3',
  down: 'M8 3v10m0 0 3.7-3.7M8 13 4.3 9.3',
} as const;

export type IconName = keyof typeof PATHS;

/** A small line picture in the colour of the text around it; never the only carrier of a meaning. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`cb-icon cb-icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
