// A team's provider: npm's oidc-provider, with its own pages for signing in, which take any name. Told on standard input, as
// JSON: where it listens, whom it serves. Says `listening` once it does, and ends with its input.

import { pathToFileURL } from 'node:url';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin });
const order = JSON.parse(await new Promise(resolve => lines.once('line', resolve)));
lines.on('close', () => process.exit(0));
const { default: Provider } = await import(
  pathToFileURL(`${order.modules}/node_modules/oidc-provider/lib/index.js`).href);

const provider = new Provider(order.issuer, {
  clients: [{ client_id: 'interlock', client_secret: order.secret, redirect_uris: [order.callback] }],
  cookies: { keys: [order.secret] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
const { hostname, port } = new URL(order.issuer);
provider.listen(Number(port), hostname, () => console.log('listening'));
