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
    private final AtomicBoolean heard = new AtomicBoolean();

    /** @param presented the credentials that CONNECT carried; each request inside carries them too */
    Tunnel(Origin origin, List<Presented> presented) {
        this.origin = origin;
        this.presented = List.copyOf(presented);
    }

    Origin origin() {
        return origin;
    }

    List<Presented> presented() {
        return presented;
    }

    /** Something came through that is answered, and so is on record. */
    void hear() {
        heard.set(true);
    }

    boolean isHeard() {
        return heard.get();
    }
}
