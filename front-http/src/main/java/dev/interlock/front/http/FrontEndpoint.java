package dev.interlock.front.http;

/**
 * An endpoint: a listener, and a protocol that is spoken there.
 *
 * @param front the listener's name: its address, or the place that it belongs to
 * @param protocol as {@code HTTP/2}, or that the listener is used as a proxy
 * @param isPlace whether it belongs to one agent alone
 */
public record FrontEndpoint(String front, String protocol, boolean isPlace) {

    static final String HTTP_1 = "HTTP/1.1";
    static final String HTTP_2 = "HTTP/2";

    /** The listener as a proxy, for the provider's own address; by a tunnel if that has TLS. */
    static final String PROXY = "as a proxy";

    boolean isHttp2() {
        return protocol.equals(HTTP_2);
    }

    boolean isProxy() {
        return protocol.equals(PROXY);
    }
}
