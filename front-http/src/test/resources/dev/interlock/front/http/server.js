// One handler behind four doors: HTTP/2 and HTTP/1.1, over TLS and in the clear.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');

const [key, cert] = process.argv.slice(2).map(file => readFileSync(file));
const sessions = new Set();
const counts = {};
let events;

// As flat lists of names and values, so that what is given twice is seen twice; the authority by one name in both.
function fields(request) {
  const all = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i].toLowerCase().replace(/^:authority$/, 'host');
    if (!name.startsWith(':') && name !== 'connection') all.push(name + ': ' + request.rawHeaders[i + 1]);
  }
  return all;
}

function serve(request, response) {
  const path = request.url.split('?')[0];
  counts[request.url] = (counts[request.url] ?? 0) + 1;
  request.on('error', () => {}).on('aborted', () => {});
  response.on('error', () => {});
  const digest = createHash('sha256');
  let length = 0;
  request.on('data', piece => (digest.update(piece), (length += piece.length)));
  const whole = then => request.on('end', then);
  const json = value => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
  switch (path) {
    case '/events':
      response.setHeader('content-type', 'text/event-stream');
      response.write('data: 1\n\n');
      events = response;
      events.on('close', () => (counts.closed = (counts.closed ?? 0) + 1));
      return;
    case '/quiet':
      return response.write('.');
    case '/go':
      events.end('data: 2\n\n');
      return response.end('gone');
    case '/early':
      response.statusCode = 413;
      return response.end('no');
    case '/hints':
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      return response.end('ok');
    case '/trailers':
      response.setHeader('trailer', 'x-sum');
      response.write('ok');
      response.addTrailers({ 'x-sum': '1' });
      return response.end();
    case '/down': {
      let left = Number(new URL(request.url, 'http://x').searchParams.get('bytes'));
      const piece = Buffer.alloc(1 << 16, 'interlock ');
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
    case '/counts':
      return json(counts);
    case '/port':
      return response.end(String(request.socket.remotePort));
    case '/restart': // says goodbye, and lets what is under way end
      sessions.forEach(session => session.close());
      return response.end('bye');
    default:
      return whole(() =>
        json({
          method: request.method,
          url: request.url,
          fields: fields(request),
          length,
          sha256: digest.digest('hex'),
          version: request.httpVersion,
        }));
  }
}

const doors = {
  h2: http2.createSecureServer({ key, cert, allowHTTP1: false }, serve),
  h1: https.createServer({ key, cert }, serve),
  clear: http.createServer(serve),
  'h2-clear': http2.createServer(serve),
};
doors.h2.on('session', session => {
  sessions.add(session);
  session.on('close', () => sessions.delete(session)).on('error', () => {});
});
let open = 0;
for (const door of Object.values(doors)) {
  door.listen(0, '127.0.0.1', () => {
    if (++open === 4) console.log(Object.entries(doors).map(([name, d]) => name + '=' + d.address().port).join(' '));
  });
}
