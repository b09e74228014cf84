package dev.interlock.front.http;

import dev.interlock.action.Attempt.Presented;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A tunnel that a CONNECT opened. Everything that comes through it is for one origin, and from its opener.
 *
 * <p>Threading: any.
 */
final class Tunnel {

    private final Origin origin;
    private final List<Presented> presented;
    private final String asked;
    private final AtomicBoolean heard = new AtomicBoolean();

    /**
     * Creates a tunnel.
     *
     * @param presented the credentials that CONNECT carried; each request inside carries them too
     * @param asked the CONNECT's target, as it came
     */
    Tunnel(Origin origin, List<Presented> presented, String asked) {
        this.origin = origin;
        this.presented = List.copyOf(presented);
        this.asked = asked;
    }

    Origin origin() {
        return origin;
    }

    List<Presented> presented() {
        return presented;
    }

    String asked() {
        return asked;
    }

    /** Notes that a request came through it, which is answered and therefore recorded. */
    void hear() {
        heard.set(true);
    }

    boolean isHeard() {
        return heard.get();
    }
}
