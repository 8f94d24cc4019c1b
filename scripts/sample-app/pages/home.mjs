import { html } from '../html.mjs';
import { card } from './plants.mjs';

const FEATURED = 3;

/** The front door: what we are, and three plants to start with. */
export function home({ database }) {
  const featured = database.all('SELECT id, name, latin, cents FROM plants ORDER BY id LIMIT ?', [FEATURED]);
  return {
    title: 'Plants for quiet corners',
    body: html`
      <section class="hero">
        <h1>Green things for quiet corners</h1>
        <p>Ferns and mosses, raised in the shade and sent to your door with the soil still damp.</p>
        <a class="button" href="/plants">See all plants</a>
      </section>
      <h2>Good first plants</h2>
      <ul class="cards">${featured.map(card)}</ul>
    `,
  };
}
