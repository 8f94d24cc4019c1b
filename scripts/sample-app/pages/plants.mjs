import { html } from '../html.mjs';
import { money } from '../money.mjs';
import { leaf } from './leaf.mjs';

/** The whole catalogue. */
export function plants({ database }) {
  const all = database.all('SELECT id, name, latin, cents FROM plants ORDER BY id');
  return {
    title: 'Plants',
    body: html`
      <h1>Plants</h1>
      <p class="lead">${all.length} plants, all of them fond of shade.</p>
      <ul class="cards">${all.map(card)}</ul>
    `,
  };
}

/** One plant, or nothing when the number is not one of ours. */
export function plant({ database, params }) {
  const found = database.get('SELECT id, name, latin, cents, light, water, story FROM plants WHERE id = ?', [params.id]);
  if (!found) return undefined;
  return {
    title: found.name,
    body: html`
      <article class="plant">
        ${leaf(found.id)}
        <div>
          <h1>${found.name}</h1>
          <p class="latin">${found.latin}</p>
          <p>${found.story}</p>
          <dl>
            <dt>Light</dt><dd>${found.light}</dd>
            <dt>Water</dt><dd>${found.water}</dd>
            <dt>Price</dt><dd class="price">${money(found.cents)}</dd>
          </dl>
          <a class="button" href="/contact?about=${found.name}">Ask about it</a>
        </div>
      </article>
    `,
  };
}

/** A plant in a list. */
export function card(entry) {
  return html`
    <li>
      <a href="/plants/${entry.id}">
        ${leaf(entry.id)}
        <strong>${entry.name}</strong>
        <span class="latin">${entry.latin}</span>
        <span class="price">${money(entry.cents)}</span>
      </a>
    </li>`;
}
