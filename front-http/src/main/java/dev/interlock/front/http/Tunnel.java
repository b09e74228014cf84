package dev.interlock.front.http;

import dev.interlock.action.Attempt.Presented;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What CONNECT opened: everything that comes through it is for one origin, by whoever opened it.
 *
 * <p>Threading: any.
 */
final class Tunnel {

    private final Origin origin;
    private final List<Presented> presented;
    private final String asked;
    private final AtomicBoolean heard = new AtomicBoolean();

    /**
     * A tunnel.
     *
     * @param presented the credentials that CONNECT carried; each request inside carries them too
     * @param asked what it was asked for, as it came
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

    /** Something came through that is answered, and so is on record. */
    void hear() {
        heard.set(true);
    }

    boolean isHeard() {
        return heard.get();
    }
}
