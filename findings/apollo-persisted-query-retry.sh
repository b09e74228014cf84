#!/bin/sh
# @apollo/client 4.3.8: its PersistedQueryLink sends the whole document after PERSISTED_QUERY_NOT_SUPPORTED only if the
# response has no member that GraphQL does not name. One more, as `title`, and the query fails for good: with status 200
# as `CombinedGraphQLErrors`, with 403 as `ServerError`. The error and its code are the same, and `data: null` or
# `extensions` beside it do not matter. A guess would be that the code alone decides.
#
# Seen with Node 20 and graphql 16.15.0:
#   200 errors: world
#   200 errors extensions: world
#   200 errors title: CombinedGraphQLErrors
#   403 errors: world
#   403 errors title: ServerError
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"type": "module", "private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @apollo/client@4.3.8 graphql@16.15.0 rxjs@7.8.2 >/dev/null
cat >ask.js <<'JS'
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const errors = [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }];
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

async function ask(status, answer) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const { query } = JSON.parse(Buffer.concat(parts));
    response.writeHead(query ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(query ? { data: { hello: 'world' } } : answer));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const link = new HttpLink({ uri: `http://127.0.0.1:${server.address().port}/` });
  const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([new PersistedQueryLink({ sha256 }), link]) });
  const said = await client.query({ query: gql`{ hello }` }).then(({ data }) => data.hello, (error) => error.name);
  console.log(`${status} ${Object.keys(answer).join(' ')}: ${said}`);
  server.close();
  server.closeAllConnections();
}

await ask(200, { errors });
await ask(200, { errors, extensions: { a: 1 } });
await ask(200, { errors, title: 'x' });
await ask(403, { errors });
await ask(403, { errors, title: 'x' });
JS
node ask.js >seen
cat seen
printf '%s\n' '200 errors: world' '200 errors extensions: world' '200 errors title: CombinedGraphQLErrors' \
    '403 errors: world' '403 errors title: ServerError' | diff - seen
