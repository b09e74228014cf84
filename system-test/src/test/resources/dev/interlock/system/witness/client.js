// An agent that speaks HTTP/2 by Node's own client: URL METHOD PATH LENGTH [cancel]. The lease and the certificate to
// trust are in the environment. Prints the status and the body; with `cancel`, sends half, and goes once it is told to.
const http2 = require('node:http2');
const { readFileSync } = require('node:fs');
const [url, method, path, length, cancel] = process.argv.slice(2);

const session = http2.connect(url, { ca: readFileSync(process.env.CA) });
session.on('error', error => console.log('session', error.code));
const request = session.request({
  ':method': method,
  ':path': path,
  authorization: `Bearer ${process.env.LEASE}`,
  ...(length > 0 && { 'content-type': 'application/octet-stream', 'content-length': length }),
}, { endStream: !(length > 0) });
let body = '';
request.on('response', headers => (body = `${headers[':status']} `));
request.on('data', piece => (body += piece));
request.on('error', error => console.log('request', error.code));
request.on('close', () => {
  console.log(body);
  session.destroy();
});
if (cancel) {
  request.write(Buffer.alloc(length / 2, 'x'));
  process.stdin.once('data', () => request.close(http2.constants.NGHTTP2_CANCEL));
} else if (length > 0) {
  request.end(Buffer.alloc(Number(length), 'x'));
}
request.on('close', () => process.stdin.destroy());
if (!cancel) process.stdin.destroy();
