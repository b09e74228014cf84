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

    /** Returns the field in which a client sends its lease there. */
    public String carrier() {
        return isProxy() ? "proxy-authorization" : "authorization";
    }

    /** Returns whether who sends no credential there must be refused. Elsewhere, that is the agent of the place. */
    public boolean needsCredential() {
        return !isPlace;
    }

    /** Returns the status of the answer to a client that sends no credential there. */
    public int statusWithoutCredential() {
        return isProxy() ? ProblemDetails.CHALLENGE : 403;
    }

    boolean isProxy() {
        return protocol.equals(PROXY);
    }
}
