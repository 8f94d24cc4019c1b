import { about } from './pages/about.mjs';
import { contact, sendMessage } from './pages/contact.mjs';
import { home } from './pages/home.mjs';
import { plant, plants } from './pages/plants.mjs';

/** Every page of the shop. Those with a label stand in the menu, in this order. */
export const routes = [
  { path: '/', GET: home },
  { path: '/plants', label: 'Plants', GET: plants },
  { path: '/plants/:id', GET: plant },
  { path: '/about', label: 'About', GET: about },
  { path: '/contact', label: 'Contact', GET: contact, POST: sendMessage },
];
