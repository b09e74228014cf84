package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A tunnel that a CONNECT opened. Everything that comes through it is for one origin, and from its opener.
 *
 * <p>Threading: any.
 */
final class ProxyTunnel {

    private final UpstreamOrigin origin;
    private final List<PresentedCredential> presented;
    private final String asked;
    private final AtomicBoolean heard = new AtomicBoolean();

    /**
     * Creates a tunnel.
     *
     * @param presented the credentials that CONNECT carried; each request inside carries them too
     * @param asked the CONNECT's target, as it came
     */
    ProxyTunnel(UpstreamOrigin origin, List<PresentedCredential> presented, String asked) {
        this.origin = origin;
        this.presented = List.copyOf(presented);
        this.asked = asked;
    }

    UpstreamOrigin origin() {
        return origin;
    }

    List<PresentedCredential> presented() {
        return presented;
    }

    String asked() {
        return asked;
    }

    /** Notes that a request came through it, which is answered and therefore recorded. */
    void markUsed() {
        heard.set(true);
    }

    boolean isHeard() {
        return heard.get();
    }
}
