// Answers everything, and writes down what it understood of each request before it answers: a line of JSON.
// Two ports: Node's parser as it is, and the one that forgives what a client gets wrong.
const { appendFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const http = require('node:http');

const write = line => appendFileSync(process.argv[2], JSON.stringify(line) + '\n');

function serve(server, insecureHTTPParser) {
  let connections = 0;
  const listening = http.createServer({ insecureHTTPParser }, (request, response) => {
    const socket = request.socket;
    socket.number ??= ++connections;
    socket.requests = (socket.requests ?? 0) + 1;
    if (server === 'node') write({ begun: request.url });
    const digest = createHash('sha256');
    let length = 0;
    request.on('data', piece => {
      digest.update(piece);
      length += piece.length;
    });
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{"ok":true}'));
    const tell = () => {
      const url = new URL(request.url, 'http://upstream');
      write({
        server,
        method: request.method,
        path: decodeURIComponent(url.pathname),
        query: [...url.searchParams],
        headers: request.rawHeaders,
        length,
        sha256: digest.digest('hex'),
        complete: request.complete,
        connection: socket.number,
        nth: socket.requests,
      });
    };
    let told = false;
    const once = () => told || ((told = true), tell());
    request.prependListener('end', once);
    request.on('close', once);
    request.on('error', () => {}); // that it broke off is in `complete`
  });
  listening.on('clientError', (error, socket) => {
    write({ server, error: error.code, said: String(error.rawPacket ?? '') });
    socket.destroy();
  });
  listening.listen(0, '127.0.0.1', () => write({ server, port: listening.address().port }));
}

serve('node', false);
serve('lenient', true);
