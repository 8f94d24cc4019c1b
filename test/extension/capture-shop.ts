/** A page as a shop has it, which notes the events it hears. */
export const SHOP = `<!doctype html><html lang="en"><title>Orders of ann@example.com</title><meta name="color-scheme" content="light dark"><style>body{font:15px/1.5 sans-serif;margin:0;padding:24px 40px;max-width:900px} nav a{margin-right:16px} table{border-collapse:collapse;width:100%} td,th{border-bottom:1px solid #8884;padding:8px;text-align:left} button{padding:8px 14px}</style><body>
<nav><a href="/">Meadow</a><a href="/orders">Orders</a><a href="/account">ann@example.com</a></nav>
<main id="orders"><h1>Your orders</h1>
<form><label>Search <input name="q" value="birthday present for Tom"></label> <button type="button" data-testid="search">Find orders</button></form>
<table><tr><th>Order</th><th>What</th><th>Paid with</th></tr><tr data-testid="order-1"><td>1001</td><td>Three fern pots</td><td>4111 1111 1111 1111</td></tr><tr data-testid="order-2"><td>1002</td><td>A rake</td><td>On account</td></tr></table>
<p id="foot">Questions? <a href="/help">Write to us</a></p></main>
<script>window.heard = []; for (const type of ['pointerdown','pointerup','mousedown','mouseup','click','keydown','keyup','keypress']) document.addEventListener(type, (event) => window.heard.push(type), true);</script></body></html>`;
