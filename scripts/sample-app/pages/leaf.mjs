import { html } from '../html.mjs';

const LEAFLETS = 9;

/** A frond drawn for a plant: the same number, the same frond. */
export function leaf(number) {
  const hue = 95 + ((number * 37) % 60);
  const leaflets = Array.from({ length: LEAFLETS }, (_, index) => {
    const y = 86 - index * 8;
    const reach = 30 - index * 2.4 + (number % 3);
    return html`<path d="M50 ${y} q ${-reach / 2} ${-10} ${-reach} ${-4} q ${reach / 2} ${8} ${reach} 4 q ${reach / 2} ${-14} ${reach} ${-8} q ${-reach / 2} 12 ${-reach} 8"/>`;
  });
  return html`<svg class="leaf" viewBox="0 0 100 100" role="img" aria-label="Drawing of a frond" style="--hue: ${hue}"><path class="stem" d="M50 96 C 49 70 51 40 50 12"/>${leaflets}</svg>`;
}
