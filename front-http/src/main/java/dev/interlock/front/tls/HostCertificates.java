package dev.interlock.front.tls;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Issues and caches the certificates of one authority, at a limited rate: each new host that a client asks for costs
 * memory and signatures. Hosts of the seal are as many as people have sealed. They have a separate cache, which other
 * hosts do not affect. Threading: guarded by itself.
 */
public final class HostCertificates {

    /** Maximum cached hosts outside the seal. Agents call some dozen hosts. */
    static final int MOST = 64;
    /** Maximum certificates in a burst; after that, one per {@link #PAUSE}. So the processor stays free for others. */
    public static final int AT_ONCE = 64;

    static final Duration PAUSE = Duration.ofSeconds(1);
    /** Certificates last for days. Nobody may be shown one that has expired. */
    private static final Duration RENEWAL = Duration.ofDays(1);

    private final CertificateAuthority authority;
    private final Clock clock;
    private final LinkedHashMap<String, ServerIdentity> kept = new LinkedHashMap<>(MOST, 0.75f, true);
    private final Map<String, ServerIdentity> ofSeal = new HashMap<>();
    private long left = AT_ONCE;
    private long refilled;

    public HostCertificates(CertificateAuthority authority, Clock clock) {
        this.authority = authority;
        this.clock = clock;
        this.refilled = clock.millis();
    }

    public CertificateAuthority authority() {
        return authority;
    }

    /** Returns the identity for {@code host}; empty if it is not sealed, and there have been too many others. */
    public synchronized Optional<ServerIdentity> of(String host, boolean sealed) {
        ServerIdentity known = sealed ? ofSeal.get(host) : kept.get(host);
        if (known != null && clock.instant().plus(RENEWAL).isBefore(known.ends())) {
            return Optional.of(known);
        }
        if (!sealed) {
            refill();
            if (left == 0) {
                return Optional.empty();
            }
            left--;
        }
        ServerIdentity made = authority.issueFor(host, clock.instant());
        (sealed ? ofSeal : kept).put(host, made);
        if (kept.size() > MOST) {
            kept.pollFirstEntry();
        }
        return Optional.of(made);
    }

    private void refill() {
        long now = clock.millis();
        long more = (now - refilled) / PAUSE.toMillis();
        if (more > 0) {
            left = Math.min(AT_ONCE, left + more);
            refilled = now;
        }
    }
}
