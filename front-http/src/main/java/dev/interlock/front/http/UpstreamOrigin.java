package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The origin of a request through the proxy, before it is known whether the seal names it.
 *
 * @param host in lower case; a name, unless the seal has an address there
 * @param port the given one, or the scheme's own
 */
public record UpstreamOrigin(String scheme, String host, int port) {

    private static final int HTTP = 80;
    private static final int HTTPS = 443;
    private static final int MAX_PORT = 65_535;
    /** RFC 1035 §2.3.4, without the root's dot. */
    private static final int MAX_NAME = 253;

    private static final String LABEL = "([a-z0-9-]{0,61}[a-z0-9])?";

    /** A host name. Its last part begins with a letter, so no resolver takes it for an address (as {@code 127.1}). */
    private static final Pattern NAME = Pattern.compile("([a-z0-9]" + LABEL + "\\.)*[a-z]" + LABEL);

    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");

    /** Returns the origin of an upstream. Whether the proxy can be asked for it is another question. */
    public static UpstreamOrigin of(URI address) {
        String scheme = address.getScheme().toLowerCase(Locale.ROOT);
        return new UpstreamOrigin(
                scheme,
                Objects.requireNonNullElse(address.getHost(), "").toLowerCase(Locale.ROOT),
                address.getPort() < 0 ? ownPort(scheme) : address.getPort());
    }

    /** Returns the origin that a CONNECT asks for: {@code host:port}, RFC 9112 §3.2.3. */
    static UpstreamOrigin ofTunnel(String target) throws UnreadableRequestException {
        requireNoUserinfo(target);
        int colon = target.lastIndexOf(':');
        if (colon < 0) {
            throw refused(FrontRefusals.NO_PORT);
        }
        return new UpstreamOrigin("https", host(target.substring(0, colon)), port(target.substring(colon + 1)));
    }

    static boolean isIn(String target) {
        return target.regionMatches(true, 0, "http://", 0, 7) || target.regionMatches(true, 0, "https://", 0, 8);
    }

    static UpstreamOrigin ofUrl(String target) throws UnreadableRequestException {
        String scheme = target.substring(0, target.indexOf(':')).toLowerCase(Locale.ROOT);
        String rest = target.substring(scheme.length() + 3);
        String authority = rest.substring(0, end(rest));
        requireNoUserinfo(authority);
        int colon = authority.lastIndexOf(':');
        return colon < 0 || authority.endsWith("]")
                ? new UpstreamOrigin(scheme, host(authority), ownPort(scheme))
                : new UpstreamOrigin(scheme, host(authority.substring(0, colon)), port(authority.substring(colon + 1)));
    }

    /** Returns path and query of the whole URL {@code target}, in the form sent to an origin's own server. */
    static String targetIn(String target) {
        String rest = target.substring(target.indexOf(':') + 3);
        String left = rest.substring(end(rest));
        return left.startsWith("/") ? left : "/" + left;
    }

    static int end(String rest) {
        return rest.split("[/?#]", 2)[0].length();
    }

    // Checked before anything else is read: in {@code x:TOKEN@host} the token would be taken for a port.
    private static void requireNoUserinfo(String authority) throws UnreadableRequestException {
        if (authority.indexOf('@') >= 0) { // no host has one
            throw refused(FrontRefusals.USER_INFORMATION);
        }
    }

    private static String host(String raw) throws UnreadableRequestException {
        String host = raw.toLowerCase(Locale.ROOT);
        if (host.length() > MAX_NAME || !NAME.matcher(host).matches()) {
            throw refused(FrontRefusals.NO_HOST_NAME);
        }
        return host;
    }

    private static int port(String raw) throws UnreadableRequestException {
        if (!PORT.matcher(raw).matches() || Integer.parseInt(raw) > MAX_PORT) {
            throw refused(FrontRefusals.PORT, MAX_PORT);
        }
        return Integer.parseInt(raw);
    }

    private static int ownPort(String scheme) {
        return scheme.equals("https") ? HTTPS : HTTP;
    }

    /** Returns whether the proxy can be asked for it. An address, which a seal may also have, is no name to ask for. */
    public boolean isNamed() {
        return host.length() <= MAX_NAME && NAME.matcher(host).matches();
    }

    /**
     * Returns whether it may be a page of the web, over TLS. A name without a dot is of this machine or its network.
     * Where another name leads is checked when it is resolved.
     */
    public boolean mayBePublic() {
        return scheme.equals("https") && isOwnPort() && isNamed() && host.contains(".") && !host.endsWith(".localhost");
    }

    boolean isOwnPort() {
        return port == ownPort(scheme);
    }

    boolean isMeantBy(String value) {
        String named = value.toLowerCase(Locale.ROOT);
        return named.equals(host + ":" + port) || (isOwnPort() && named.equals(host));
    }

    /** Returns the origin as it is written in a URL. */
    @Override
    public String toString() {
        return scheme + "://" + host + (isOwnPort() ? "" : ":" + port);
    }
}
