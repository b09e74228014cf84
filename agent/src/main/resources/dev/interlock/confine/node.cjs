// Required by every Node inside (NODE_OPTIONS). Before 22.21 and 24 Node heeds no proxy: here its own clients learn to.
'use strict';

const [major, minor] = process.versions.node.split('.').map(Number);
const heeds = major >= 24 || (major === 22 && minor >= 21);

if (!heeds && process.env.HTTPS_PROXY) {
    const http = require('node:http');
    const https = require('node:https');
    const tls = require('node:tls');

    const proxy = new URL(process.env.HTTPS_PROXY);
    const direct = new Set((process.env.NO_PROXY || '').split(','));

    const isDirect = host => !host || direct.has(host.replace(/^\[|\]$/g, ''));

    /** Calls done with an error, or with a socket that leads to the gateway, which answers as host there. */
    const tunnel = (host, port, done) => {
        const target = `${host}:${port || 443}`;
        const headers = {host: target};
        http.request({agent: false, host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: target, headers})
            .once('connect', (answer, socket) => {
                if (answer.statusCode === 200) {
                    done(null, socket);
                } else {
                    socket.destroy();
                    done(new Error(`the gateway opens no tunnel to ${target} (${answer.statusCode})`));
                }
            })
            .once('error', done)
            .end();
    };

    // https, for every agent that is of Node's own kind.
    const connect = https.Agent.prototype.createConnection;
    https.Agent.prototype.createConnection = function (options, done) {
        if (typeof done !== 'function' || options.socketPath || isDirect(options.host)) {
            return connect.apply(this, arguments);
        }
        tunnel(options.host, options.port, (error, socket) => {
            if (error) {
                done(error);
            } else {
                done(null, connect.call(this, {...options, socket}));
            }
        });
    };

    // http: the whole address goes to the proxy. Agents of other kinds know of proxies by themselves, or mean to.
    const add = http.Agent.prototype.addRequest;
    http.Agent.prototype.addRequest = function (request, options, ...rest) {
        const own = Object.getPrototypeOf(this) === http.Agent.prototype && request.method !== 'CONNECT';
        if (!own || options.socketPath || isDirect(options.host)) {
            return add.call(this, request, options, ...rest);
        }
        const port = !options.port || Number(options.port) === 80 ? '' : `:${options.port}`;
        request.path = `http://${options.host}${port}${request.path}`;
        return add.call(this, request, {...options, host: proxy.hostname, port: proxy.port}, ...rest);
    };

    // fetch has connections of its own, and is loaded when it is first called.
    const dispatcher = Symbol.for('undici.globalDispatcher.1');
    const fetchItself = globalThis.fetch;
    let prepared = !fetchItself;
    const prepare = () => {
        prepared = true;
        void globalThis.Headers; // loads it
        const Dispatcher = globalThis[dispatcher]?.constructor;
        if (!Dispatcher) {
            return;
        }
        globalThis[dispatcher] = new Dispatcher({
            connect: (options, done) => {
                const host = options.hostname;
                if (options.protocol !== 'https:' || isDirect(host)) {
                    const plain = {host, port: options.port || (options.protocol === 'https:' ? 443 : 80)};
                    const socket = options.protocol === 'https:'
                        ? tls.connect({...plain, servername: options.servername || host, ALPNProtocols: ['http/1.1']})
                        : require('node:net').connect(plain);
                    settle(socket, options.protocol === 'https:' ? 'secureConnect' : 'connect', done);
                    return;
                }
                tunnel(host, options.port, (error, socket) => {
                    if (error) {
                        done(error);
                        return;
                    }
                    const servername = options.servername || host;
                    settle(tls.connect({socket, servername, ALPNProtocols: ['http/1.1']}), 'secureConnect', done);
                });
            },
        });
    };
    const settle = (socket, connected, done) => {
        const fail = error => done(error);
        socket.once('error', fail);
        socket.once(connected, () => {
            socket.removeListener('error', fail);
            done(null, socket);
        });
    };
    if (fetchItself) {
        globalThis.fetch = function fetch(...call) {
            if (!prepared) {
                prepare();
            }
            return fetchItself.apply(this, call);
        };
    }
}
