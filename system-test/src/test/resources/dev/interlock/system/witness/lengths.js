// Takes and gives long bodies in the clear, in HTTP/1.1 and in HTTP/2. It says how long what it took was; how long what it
// gives is says the item's name.
const http = require('node:http');
const http2 = require('node:http2');

const piece = Buffer.alloc(1 << 16, 'interlock ');

function serve(request, response) {
  if (request.method === 'GET') {
    let left = Number(request.url.split('-')[1]);
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
  let length = 0;
  request.on('data', part => (length += part.length));
  request.on('end', () => response.end(request.httpVersion + ' ' + length));
}

const doors = [http.createServer(serve), http2.createServer(serve)];
let open = 0;
doors.forEach(door =>
  door.listen(0, '127.0.0.1', () => ++open === 2 && console.log(doors.map(d => d.address().port).join(' '))),
);
