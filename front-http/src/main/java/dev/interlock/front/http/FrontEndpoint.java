package dev.interlock.front.http;

/**
 * A listener, and a protocol that is spoken there.
 *
 * @param front its address, or the place that it belongs to if {@code isPlace}
 * @param protocol as {@code HTTP/2}, or that the listener is used as a proxy
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
