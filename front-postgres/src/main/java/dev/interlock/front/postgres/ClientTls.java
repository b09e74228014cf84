package dev.interlock.front.postgres;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLSocket;

/** Encrypts connections of clients by the gateway's own certificate. */
@FunctionalInterface
public interface ClientTls {

    /** The name of PostgreSQL's protocol in TLS. */
    String ALPN = "postgresql";

    /**
     * Returns the server's side of {@code socket}, before the handshake. A client that proposes protocols must propose
     * {@link #ALPN}.
     *
     * @param read what has been read of it
     */
    SSLSocket accept(Socket socket, byte[] read) throws IOException;
}
