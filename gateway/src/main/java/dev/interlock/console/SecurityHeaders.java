package dev.interlock.console;

import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;

/** The headers of every answer. A browser must run only our scripts, show the page in no frame, and store nothing. */
final class SecurityHeaders {

    static final String HTML = "text/html; charset=utf-8";

    /**
     * Content Security Policy Level 3, and Trusted Types: no inline script or style, no other host, no frame. The one
     * policy of Trusted Types lets the notifications' service worker be registered.
     */
    static final String POLICY =
            "default-src 'none'; script-src 'self'; worker-src 'self'; manifest-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types worker";

    private static final Duration A_YEAR = Duration.ofDays(365);

    private SecurityHeaders() {}

    static void put(Response response, Console.ConsoleAddress place) {
        response.getHeaders().put("Content-Security-Policy", POLICY);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        // Other sites learn nothing. With `no-referrer` browsers send the origin `null` for our own forms, and the
        // check of the origin would have to accept that (Fetch, "append a request `Origin` header").
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
