package dev.interlock.front.postgres;

import dev.interlock.action.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Where a database is. Unless its address itself is this machine's loopback, connections are encrypted, and the
 * server's certificate must be for the host's name.
 *
 * @param uri as {@code postgres://host:port/database}
 * @param tls makes those connections
 */
record ServerAddress(URI uri, SSLSocketFactory tls) {

    private static final int PORT = 5432;
    private static final int SSL_REQUEST = 80_877_103;
    private static final int CONNECT_MILLIS = 10_000;

    String database() {
        return ServerConnection.database(uri);
    }

    Socket dial() throws IOException {
        InetAddress host = InetAddress.getByName(uri.getHost());
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host, uri.getPort() < 0 ? PORT : uri.getPort()), CONNECT_MILLIS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(CONNECT_MILLIS);
            // Its spelling counts: whoever rules the name of another host could make it this machine.
            return Loopback.isHost(uri.getHost()) && host.isLoopbackAddress() ? socket : encrypted(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private Socket encrypted(Socket socket) throws IOException {
        socket.getOutputStream().write(new byte[] {
            0,
            0,
            0,
            8,
            (byte) (SSL_REQUEST >>> 24),
            (byte) (SSL_REQUEST >>> 16),
            (byte) (SSL_REQUEST >>> 8),
            (byte) SSL_REQUEST
        });
        if (socket.getInputStream().read() != 'S') {
            throw new ProtocolException("the server does not offer TLS");
        }
        SSLSocket secured = (SSLSocket) tls.createSocket(socket, uri.getHost(), socket.getPort(), true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }
}
