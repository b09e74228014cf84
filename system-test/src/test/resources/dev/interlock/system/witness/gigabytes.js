// Takes and gives long bodies, in HTTP/2 over TLS and in HTTP/1.1 over TLS. What was taken is told by its digest.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const http2 = require('node:http2');
const https = require('node:https');

const [key, cert, bytes] = process.argv.slice(2);
const options = { key: readFileSync(key), cert: readFileSync(cert) };
const piece = Buffer.alloc(1 << 16, 'interlock ');

function serve(request, response) {
  if (request.method === 'GET') {
    let left = Number(bytes);
    const more = () => {
      while (left > 0) {
        const count = Math.min(left, piece.length);
        left -= count;
        if (!response.write(piece.subarray(0, count))) return response.once('drain', more);
      }
      response.end();
    };
    return more();
  }
  const digest = createHash('sha256');
  request.on('data', part => digest.update(part));
  request.on('end', () => response.end(request.httpVersion + ' ' + digest.digest('hex')));
}

const doors = [https.createServer(options, serve), http2.createSecureServer(options, serve)];
let open = 0;
doors.forEach(door =>
  door.listen(0, '127.0.0.1', () => ++open === 2 && console.log(doors.map(d => d.address().port).join(' '))),
);
