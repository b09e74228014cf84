package dev.interlock.console;

import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;

/**
 * What every answer says besides: a browser is to run nothing but ours, to show it nowhere else, and to keep nothing.
 */
final class Headers {

    static final String HTML = "text/html; charset=utf-8";

    /** Content Security Policy Level 3, and Trusted Types: no inline script or style, no other host, no frame. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
            + " require-trusted-types-for 'script'";

    private static final Duration A_YEAR = Duration.ofDays(365);

    private Headers() {}

    static void put(Response response, Console.Place place) {
        response.getHeaders().put("Content-Security-Policy", POLICY);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        // Other sites are told nothing. With `no-referrer` browsers call the origin of our own forms `null`, which
        // `Door`
        // would have to take for ours (Fetch, "append a request `Origin` header").
        response.getHeaders().put("Referrer-Policy", "same-origin");
        response.getHeaders().put("Cross-Origin-Opener-Policy", "same-origin");
        response.getHeaders().put("Cross-Origin-Resource-Policy", "same-origin");
        response.getHeaders()
                .put("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)");
        response.getHeaders().put("X-Frame-Options", "DENY");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        if (place.isEncrypted()) {
            response.getHeaders().put("Strict-Transport-Security", "max-age=" + A_YEAR.toSeconds());
        }
    }
}
