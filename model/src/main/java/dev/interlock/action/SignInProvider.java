package dev.interlock.action;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * The single sign-on of a team: an OpenID provider that identifies people of the seal, besides passkeys. It opens the
 * console, and confirms nothing.
 *
 * @param issuer the provider's own name, exactly as it writes it: an address with https, or plain http on loopback
 */
public record SignInProvider(String issuer, String client) {

    /** RFC 6749, appendix A.1: printable ASCII. */
    private static final Pattern CLIENT = Pattern.compile("[\\x20-\\x7e]{1,255}");

    /**
     * @throws IllegalArgumentException if a name is malformed, or the issuer is plain HTTP elsewhere than on loopback
     */
    public SignInProvider {
        URI address = URI.create(issuer);
        boolean bare = address.getHost() != null
                && address.getRawQuery() == null
                && address.getRawFragment() == null
                && address.getRawUserInfo() == null;
        if (!bare || !isSafe(address)) {
            throw new IllegalArgumentException(
                    "`issuer` is an address with https (or http on loopback), without query, fragment or user, as the provider writes it");
        }
        if (!CLIENT.matcher(client).matches()) {
            throw new IllegalArgumentException("`client` is 1 to 255 printable characters of ASCII");
        }
    }

    private static boolean isSafe(URI address) {
        return "https".equals(address.getScheme()) || Loopback.isPlainHttp(address);
    }

    /**
     * Returns whether it may direct a browser, or the gateway, to {@code address}. Plain HTTP is allowed only if the
     * issuer itself uses it.
     */
    public boolean mayPointTo(URI address) {
        return address.getHost() != null
                && address.getRawFragment() == null
                && address.getRawUserInfo() == null
                && ("https".equals(address.getScheme())
                        || (Loopback.isPlainHttp(URI.create(issuer)) && Loopback.isPlainHttp(address)));
    }

    /** The host, by which people know it. */
    public String host() {
        return URI.create(issuer).getHost();
    }
}
